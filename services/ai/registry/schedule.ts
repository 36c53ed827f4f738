import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ModelView } from "../../../mixins/rest/routes/model-views.ts";
import type { StoredSchedule } from "../../../models/model-registry.ts";
import { latestBar } from "../../../models/timescale/bars.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { change } from "./models.ts";
import type { RegistryParts } from "./parts.ts";
import { termsOf } from "./terms.ts";
import { modelView } from "./views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

const HOUR_MS = 3_600_000;

/** @throws RestError 404, 409 of an archived model, 422 where the terms do not fit it */
export async function setSchedule(
  parts: RegistryParts,
  ctx: Ctx<"trainings.schedule">,
): Promise<ModelView> {
  const { node } = parts;
  const { modelId, bars, hours = 1, training = {} } = ctx.params;
  const { tenantId, userId } = userOf(ctx);
  const changed = await change(parts, tenantId, modelId, async ({ definition }) => {
    termsOf(training, definition, 0);
    const [symbol = ""] = definition.symbols;
    const nowMs = node.clock.now();
    const every = bars === undefined ? { ms: Math.round(hours * HOUR_MS) } : { bars };
    const newest = await latestBar(node.pool, symbol, definition.timeframe);
    const schedule: StoredSchedule = {
      every,
      request: training,
      userId,
      setAtMs: nowMs,
      nextAtMs: "ms" in every ? nowMs + every.ms : nowMs,
      lastBarMs: newest?.startMs ?? null,
    };
    return { schedule };
  });
  return modelView(changed);
}

export async function endSchedule(
  parts: RegistryParts,
  ctx: Ctx<"trainings.unschedule">,
): Promise<ModelView> {
  const { tenantId } = userOf(ctx);
  return modelView(
    await change(parts, tenantId, ctx.params.modelId, async () => ({ schedule: null })),
  );
}
