import type { ServiceSchema } from "moleculer";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";
import { modelImportService } from "../model-import.service.ts";
import { predictionsService } from "../predictions.service.ts";
import { servingParts } from "./parts.ts";

/** Services that serve models: they share what is open, and the process of ONNX Runtime. */
export function servingServices(node: NodeContext, datasets: Datasets): readonly ServiceSchema[] {
  const parts = servingParts(node, datasets);
  return [predictionsService(node, parts), modelImportService(node, parts)];
}
