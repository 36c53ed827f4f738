import type { ServiceSchema } from "moleculer";
import { heavy } from "../../mixins/resilience/heavy.ts";
import { importModel as route } from "../../mixins/rest/routes/model-import.ts";
import type { NodeContext } from "../context.ts";
import type { ImportContext } from "./import/context.ts";
import { importModel } from "./import/import-model.ts";
import type { ServingParts } from "./serving/parts.ts";

/** Models from elsewhere, as versions of the registry. */
export function modelImportService(node: NodeContext, parts: ServingParts): ServiceSchema {
  return {
    name: "model-import",
    actions: {
      create: {
        ...heavy(2, 32),
        params: route.input.validator,
        handler: (ctx: ImportContext) => importModel(node, parts, ctx),
      },
    },
  };
}
