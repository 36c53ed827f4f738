import type { ServiceSchema } from "moleculer";
import type { Json } from "../../domain/shared/json.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/model-training.ts";
import { conflict, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import { checkedDefinition, invalid } from "./registry/definition.ts";
import { liveModelOf } from "./registry/models.ts";
import { versionOf } from "./registry/parts.ts";
import type { RegistryParts } from "./registry/parts.ts";
import { RETRAIN, retrainKind } from "./registry/retrain-job.ts";
import { endSchedule, setSchedule } from "./registry/schedule.ts";
import { TrainingScheduler } from "./registry/scheduler.ts";
import { SEARCH, searchKind } from "./registry/search-job.ts";
import { choicesOf } from "./registry/search-space.ts";
import { refuseTooMany } from "./registry/size.ts";
import { termsOf } from "./registry/terms.ts";
import type { TermsAsked } from "./registry/terms.ts";
import { rangeOf, TRAIN, trainKind } from "./registry/train-job.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** What teaches models: trainings, searches and schedules. All of it is jobs, in threads. */
export function trainingsService(parts: RegistryParts): ServiceSchema {
  const { node } = parts;
  for (const kind of [trainKind(parts), retrainKind(parts), searchKind(parts)]) node.jobs.add(kind);
  const scheduler = new TrainingScheduler(parts);
  return {
    name: "trainings",
    actions: {
      train: {
        params: routes.trainModel.input.validator,
        handler: (ctx: Ctx<"trainings.train">) => train(parts, ctx),
      },
      retrain: {
        params: routes.retrainVersion.input.validator,
        handler: (ctx: Ctx<"trainings.retrain">) => retrain(parts, ctx),
      },
      search: {
        params: routes.searchModel.input.validator,
        handler: (ctx: Ctx<"trainings.search">) => search(parts, ctx),
      },
      schedule: {
        params: routes.putSchedule.input.validator,
        handler: (ctx: Ctx<"trainings.schedule">) => setSchedule(parts, ctx),
      },
      unschedule: {
        params: routes.deleteSchedule.input.validator,
        handler: (ctx: Ctx<"trainings.unschedule">) => endSchedule(parts, ctx),
      },
    },
    started: () => scheduler.start(),
    stopped: () => scheduler.stop(),
  };
}

type Accepted = ActionMap["trainings.train"]["result"];

/** What can be refused is refused at once; what only the data can refuse fails the job. */
async function train(parts: RegistryParts, ctx: Ctx<"trainings.train">): Promise<Accepted> {
  const { modelId, ...request } = ctx.params;
  await checkTerms(parts, ctx, modelId, request);
  return submit(parts, ctx, TRAIN, { modelId, request });
}

async function search(parts: RegistryParts, ctx: Ctx<"trainings.search">): Promise<Accepted> {
  const { modelId, ...request } = ctx.params;
  const { algorithm: name, parameters } = await checkTerms(parts, ctx, modelId, request);
  const algorithm = parts.algorithms.get(name);
  if (algorithm === undefined) throw unprocessable([invalid("algorithm", `there is no ${name}`)]);
  choicesOf(request, algorithm, parameters, request.seed ?? 0);
  return submit(parts, ctx, SEARCH, { modelId, request });
}

/** @throws RestError 404, 409, 422 */
async function checkTerms(
  parts: RegistryParts,
  ctx: RequestContext,
  modelId: string,
  request: TermsAsked,
) {
  const { tenantId } = userOf(ctx);
  const model = await liveModelOf(parts, tenantId, modelId);
  const definition = await checkedDefinition(parts, tenantId, model.definition);
  termsOf(request, definition, 0);
  await refuseTooMany(parts, definition, rangeOf(request));
  return definition;
}

async function retrain(parts: RegistryParts, ctx: Ctx<"trainings.retrain">): Promise<Accepted> {
  const { modelId, version } = ctx.params;
  const model = await liveModelOf(parts, userOf(ctx).tenantId, modelId);
  const { lineage } = await versionOf(parts, model, version);
  if (lineage.origin === "imported")
    throw conflict(`version ${version} was imported: there is nothing to train it from`);
  return submit(parts, ctx, RETRAIN, { modelId, version });
}

function submit(
  { node }: RegistryParts,
  ctx: RequestContext,
  kind: string,
  params: object,
): Promise<Accepted> {
  // sound: validated params, which came as JSON
  return node.jobs.submit(ctx, kind, params as unknown as Json);
}
