import { ModelRegistry } from "../../../models/model-registry.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";
import { ALGORITHMS } from "../runtimes/index.ts";
import { trainInThread } from "../training/train.ts";
import type { RegistryParts } from "./parts.ts";

/** Of JavaScript's heap, MiB: the data lie outside of it. Beyond it the training fails, and the node goes on. */
const MEMORY_MB = 1_024;
/** Of one training, of which a search has many. */
const DEADLINE_MS = 2 * 3_600_000;

export function registryParts(node: NodeContext, datasets: Datasets): RegistryParts {
  return {
    node,
    registry: new ModelRegistry(node.documents.connection),
    algorithms: ALGORITHMS,
    datasets,
    train: (input, watch) =>
      trainInThread(node, input, { ...watch, memoryMb: MEMORY_MB, deadlineMs: DEADLINE_MS }),
  };
}
