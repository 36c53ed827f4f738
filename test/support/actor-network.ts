import type { Answer, Envelope } from "../../mixins/actor/envelope.ts";
import { ActorError } from "../../mixins/actor/errors.ts";
import type { Transport } from "../../mixins/actor/router.ts";
import type { ActorSystem } from "../../mixins/actor/system.ts";

/** Nodes of one process that reach each other, as a transporter would have it; links can be cut. */
export class ActorNetwork implements Transport {
  readonly #nodes = new Map<string, ActorSystem>();
  readonly #cut = new Set<string>();
  /** calls that went from node to node */
  sent = 0;

  join(nodeId: string, system: ActorSystem): void {
    this.#nodes.set(nodeId, system);
  }

  /** Calls to this node are swallowed from now on: they get no answer. */
  swallow(nodeId: string): void {
    this.#cut.add(nodeId);
  }

  async send(nodeId: string, envelope: Envelope): Promise<Answer> {
    this.sent += 1;
    if (this.#cut.has(nodeId)) return new Promise(() => undefined);
    return this.#node(nodeId).host.deliver(envelope);
  }

  async settle(...[nodeId, refs, patienceMs]: Parameters<Transport["settle"]>): Promise<void> {
    await this.#node(nodeId).settledHere(patienceMs, refs);
  }

  #node(nodeId: string): ActorSystem {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) throw new ActorError("OWNER_UNREACHABLE", `no way leads to ${nodeId}`);
    return node;
  }
}
