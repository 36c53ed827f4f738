import type { ServiceSchema } from "moleculer";
import type { SystemInfoView } from "../mixins/rest/routes/operations.ts";
import { isoTime } from "../mixins/rest/views.ts";
import type { NodeContext } from "./context.ts";

/** What this node is and runs. */
export function systemService(
  node: NodeContext,
  version: string,
  stores: Readonly<Record<string, string>>,
): ServiceSchema {
  const startedAt = isoTime(node.clock.now());
  return {
    name: "system",
    actions: {
      info: (): SystemInfoView => ({
        name: "quantumalpha",
        version,
        nodeId: node.config.nodeId,
        nodeVersion: process.version,
        startedAt,
        services: [...node.config.services],
        stores: { ...stores },
      }),
    },
  };
}
