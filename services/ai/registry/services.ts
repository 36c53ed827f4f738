import type { ServiceSchema } from "moleculer";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";
import { modelsService } from "../models.service.ts";
import { trainingsService } from "../trainings.service.ts";
import { registryParts } from "./make-parts.ts";

/** What keeps models and teaches them. */
export function registryServices(node: NodeContext, datasets: Datasets): readonly ServiceSchema[] {
  const parts = registryParts(node, datasets);
  return [modelsService(parts), trainingsService(parts)];
}
