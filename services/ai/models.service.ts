import type { ServiceSchema } from "moleculer";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as insight from "../../mixins/rest/routes/model-insight.ts";
import * as registryRoutes from "../../mixins/rest/routes/model-registry.ts";
import * as routes from "../../mixins/rest/routes/models.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import { driftOf } from "./registry/drift.ts";
import { importanceOf } from "./registry/importance.ts";
import {
  archiveModel,
  createModel,
  listModels,
  listVersions,
  updateModel,
} from "./registry/models.ts";
import { modelOf, versionOf } from "./registry/parts.ts";
import type { RegistryParts } from "./registry/parts.ts";
import { aliasHistory, promote, putAliases, rollBack } from "./registry/promote.ts";
import { algorithmList, modelView, versionView } from "./registry/views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** The registry of models: what they are, their versions, and which of them decides. */
export function modelsService(parts: RegistryParts): ServiceSchema {
  return {
    name: "models",
    actions: { ...ofModels(parts), ...ofVersions(parts), ...ofAliases(parts) },
    started: () => parts.registry.ready(),
  };
}

function ofModels(parts: RegistryParts): ServiceSchema["actions"] {
  return {
    list: {
      params: routes.listModels.input.validator,
      handler: (ctx: Ctx<"models.list">) => listModels(parts, ctx),
    },
    create: {
      params: routes.createModel.input.validator,
      handler: (ctx: Ctx<"models.create">) => createModel(parts, ctx),
    },
    algorithms: {
      params: routes.listAlgorithms.input.validator,
      handler: () => algorithmList(parts.algorithms),
    },
    get: {
      params: routes.getModel.input.validator,
      handler: async (ctx: Ctx<"models.get">) =>
        modelView(await modelOf(parts, userOf(ctx).tenantId, ctx.params.modelId)),
    },
    update: {
      params: routes.updateModel.input.validator,
      handler: (ctx: Ctx<"models.update">) => updateModel(parts, ctx),
    },
    archive: {
      params: routes.archiveModel.input.validator,
      handler: (ctx: Ctx<"models.archive">) => archiveModel(parts, ctx),
    },
  };
}

function ofVersions(parts: RegistryParts): ServiceSchema["actions"] {
  return {
    versions: {
      params: routes.listVersions.input.validator,
      handler: (ctx: Ctx<"models.versions">) => listVersions(parts, ctx),
    },
    version: {
      params: routes.getVersion.input.validator,
      handler: async (ctx: Ctx<"models.version">) => {
        const model = await modelOf(parts, userOf(ctx).tenantId, ctx.params.modelId);
        return versionView(await versionOf(parts, model, ctx.params.version), model.aliases);
      },
    },
    importance: {
      params: insight.getImportance.input.validator,
      handler: (ctx: Ctx<"models.importance">) => importanceOf(parts, ctx),
    },
    drift: {
      ...heavyRead(2, 16),
      params: insight.getDrift.input.validator,
      handler: (ctx: Ctx<"models.drift">) => driftOf(parts, ctx),
    },
  };
}

function ofAliases(parts: RegistryParts): ServiceSchema["actions"] {
  return {
    promote: {
      params: registryRoutes.promoteVersion.input.validator,
      handler: (ctx: Ctx<"models.promote">) => promote(parts, ctx),
    },
    rollback: {
      params: registryRoutes.rollBackModel.input.validator,
      handler: (ctx: Ctx<"models.rollback">) => rollBack(parts, ctx),
    },
    aliases: {
      params: registryRoutes.getAliases.input.validator,
      handler: (ctx: Ctx<"models.aliases">) => aliasHistory(parts, ctx),
    },
    putAliases: {
      params: registryRoutes.putAliases.input.validator,
      handler: (ctx: Ctx<"models.putAliases">) => putAliases(parts, ctx),
    },
  };
}
