import type { ServiceSchema } from "moleculer";
import { attribute, type PeriodAttribution } from "../../domain/risk/attribution/brinson.ts";
import { compoundGeometric, type Linked, linkEffects } from "../../domain/risk/attribution/link.ts";
import { unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import {
  type AttributionView,
  attributeReturn,
} from "../../mixins/rest/routes/risk-attribution.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { effectsView } from "./attribution/effects-view.ts";

type Params = ActionMap["attribution.attribute"]["params"];

/** Where a portfolio's difference to its benchmark came from. */
export function attributionService(node: NodeContext): ServiceSchema {
  return {
    name: "attribution",
    actions: {
      attribute: {
        params: attributeReturn.input.validator,
        handler: ({ params }: RequestContext<Params>) => attributed(node, params),
      },
    },
  };
}

/** @throws RestError 422 where a whole period loses everything, after which nothing compounds */
function attributed(node: NodeContext, { method, linking, periods }: Params): AttributionView {
  const found = periods.map(({ groups }) =>
    attribute(
      groups.map(({ portfolioReturn = null, benchmarkReturn = null, ...group }) => ({
        ...group,
        portfolioReturn,
        benchmarkReturn,
      })),
      method,
    ),
  );
  refuseRuin(found);
  const isGeometric = method === "geometric";
  const by = isGeometric || periods.length === 1 ? null : (linking ?? "carino");
  const linked: Linked = isGeometric
    ? compoundGeometric(found)
    : linkEffects(found, by ?? "carino");
  const { portfolioReturn, benchmarkReturn, groups } = linked;
  const active = isGeometric
    ? (1 + portfolioReturn) / (1 + benchmarkReturn) - 1
    : portfolioReturn - benchmarkReturn;
  const view: AttributionView = {
    method,
    linking: by,
    portfolioReturn,
    benchmarkReturn,
    activeReturn: active,
    groups: groups.map(({ group, ...effects }) => ({ group, ...effectsView([effects]) })),
    total: effectsView(groups),
    periods: found.map((period) => ({
      portfolioReturn: period.portfolioReturn,
      benchmarkReturn: period.benchmarkReturn,
      ...effectsView([period.total]),
    })),
    asOf: isoTime(node.clock.now()),
    sampleSize: periods.length,
    source: "weights and returns as given",
  };
  if (!Number.isFinite(active) || !Number.isFinite(view.total.total))
    throw unprocessable([
      { path: "periods", code: "OUT_OF_RANGE", message: "compound beyond every number" },
    ]);
  return view;
}

function refuseRuin(periods: readonly PeriodAttribution[]): void {
  const t = periods.findIndex(
    ({ portfolioReturn, benchmarkReturn }) => portfolioReturn <= -1 || benchmarkReturn <= -1,
  );
  if (t < 0) return;
  const message = "loses everything, or more: what follows cannot be compounded";
  throw unprocessable([{ path: `periods[${t}]`, code: "INVALID_VALUE", message }]);
}
