import { AGENTS } from "../../../domain/ai/rl/agents/index.ts";
import { fromBytes } from "../../../domain/ai/rl/checkpoint.ts";
import { Crowd } from "../../../domain/ai/rl/crowd.ts";
import type { Outlook } from "../../../domain/ai/rl/prepare.ts";
import type { ArtifactStore } from "../../../models/artifacts.ts";
import { ByteLru } from "../../../models/cache/byte-lru.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import { type ActingSeed, unpackActing } from "./artifact.ts";
import type { AgentOrder } from "./order.ts";
import { orderIn, outlookIn } from "./views.ts";

/** An agent ready to act. */
export interface OpenAgent {
  readonly order: AgentOrder;
  readonly outlook: Outlook;
  readonly acting: readonly ActingSeed[];
  readonly crowd: Crowd;
}

/** Of artefacts that are kept open, 64 MiB. */
const KEPT_BYTES_MAX = 67_108_864;

/** Agents that were asked for lately. What one acts by never changes under its sha256. */
export class OpenAgents {
  readonly #artifacts: ArtifactStore;
  readonly #kept = new ByteLru<OpenAgent>(KEPT_BYTES_MAX);

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** @throws Error when its artefact is not there, or is broken */
  async open(agent: StoredAgent): Promise<OpenAgent> {
    const { _id: agentId, policySha256 } = agent;
    const key = `${agentId}/${policySha256}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const open = await this.#read(agent);
    this.#kept.set(key, open, sizeOf(open));
    return open;
  }

  async #read(agent: StoredAgent): Promise<OpenAgent> {
    const { _id: agentId, policySha256 } = agent;
    const packed = await this.#artifacts.get(policySha256);
    if (packed === null) throw new Error(`expected the artefact of agent ${agentId}`);
    const order = orderIn(agent);
    const acting = unpackActing(packed);
    const kind = AGENTS[order.terms.algorithm];
    const policies = acting.map(({ bytes }) => kind.policy(fromBytes(bytes)));
    return {
      order,
      outlook: outlookIn(agent),
      acting,
      crowd: new Crowd(policies, order.terms.trading),
    };
  }
}

function sizeOf({ acting }: OpenAgent): number {
  return acting.reduce((sum, { bytes }) => sum + 2 * bytes.length, 0);
}
