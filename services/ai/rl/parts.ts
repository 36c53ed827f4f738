import type { AgentStore, StoredAgent } from "../../../models/rl-agents.ts";
import type { ArtifactStore } from "../../../models/artifacts.ts";
import type { CheckpointStore } from "../../../models/rl-checkpoints.ts";
import { notFound } from "../../../mixins/rest/rest-error.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";

/** What the services of agents work with: made once a node. */
export interface RlParts {
  readonly node: NodeContext;
  readonly agents: AgentStore;
  readonly checkpoints: CheckpointStore;
  readonly artifacts: ArtifactStore;
  readonly datasets: Pick<Datasets, "build" | "latest">;
}

/** @throws RestError 404 */
export async function agentOf(
  { agents }: Pick<RlParts, "agents">,
  tenantId: string,
  agentId: string,
): Promise<StoredAgent> {
  const agent = await agents.find(tenantId, agentId);
  if (agent === null) throw notFound("agent", agentId);
  return agent;
}
