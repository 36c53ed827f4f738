import { ModelRegistry } from "../../../models/model-registry.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";
import { OnnxRuntime } from "../onnx/onnx-runtime.ts";
import { VersionFinder } from "../predictions/find-version.ts";
import { PredictionMaker } from "../predictions/maker.ts";
import { Scorer } from "../predictions/scorer.ts";
import { ModelServer } from "./model-server.ts";

/** What serves models on a node: made once. */
export interface ServingParts {
  readonly registry: ModelRegistry;
  readonly datasets: Datasets;
  readonly onnx: OnnxRuntime;
  readonly server: ModelServer;
  readonly versions: VersionFinder;
  readonly maker: PredictionMaker;
  readonly scorer: Scorer;
  /** Counts what became of a prediction as a bar closed. */
  count(outcome: string): void;
}

export function servingParts(node: NodeContext, datasets: Datasets): ServingParts {
  const registry = new ModelRegistry(node.documents.connection);
  const onnx = new OnnxRuntime(node.clock, node.metrics);
  const server = new ModelServer(node, registry, onnx);
  const counter = node.metrics.counter(
    "ai_bar_predictions_total",
    "Predictions of champions and shadows as bars closed, by outcome",
  );
  return {
    registry,
    datasets,
    onnx,
    server,
    versions: new VersionFinder(registry, node.clock),
    maker: new PredictionMaker(node, datasets, server),
    scorer: new Scorer(node, registry, datasets),
    count: (outcome) => counter({ outcome }),
  };
}
