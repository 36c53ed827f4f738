import type { Analysis } from "../../domain/execution/tca/analysis.ts";
import type { ChildSummary, ParentSummary } from "../../domain/execution/parent/messages.ts";
import type { Plan } from "../../domain/execution/algorithms/plan-types.ts";
import type { PlanView, ProgressView } from "../../mixins/rest/routes/execution.ts";
import { encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import type { Json } from "../../domain/shared/json.ts";

export function toPlanView(
  plan: Plan,
  asked: Pick<PlanView, "symbol" | "side" | "quantity" | "currency">,
  nowMs: number,
): PlanView {
  const { seed, kappa, halfLife, holdings, trades, variance, allocations, saving, fees } = plan;
  return {
    symbol: asked.symbol,
    side: asked.side,
    quantity: asked.quantity,
    strategy: plan.strategy.name,
    parameters: parametersOf(plan),
    reason: plan.reason,
    schedule: plan.schedule.map(({ atMs, quantity, price, venue }) => ({
      at: atMs === null ? null : isoTime(atMs),
      quantity,
      ...(price !== undefined && { price }),
      ...(venue !== undefined && { venue }),
    })),
    unscheduled: plan.unscheduled,
    notes: [...plan.notes],
    expectedCost: plan.expectedCost,
    costModel: plan.costModel,
    ...(plan.costReason !== undefined && { costReason: plan.costReason }),
    currency: asked.currency,
    asOf: isoTime(nowMs),
    ...(seed !== undefined && { seed }),
    ...(kappa !== undefined && { kappa }),
    ...(halfLife !== undefined && { halfLife }),
    ...(holdings !== undefined && { holdings: [...holdings] }),
    ...(trades !== undefined && { trades: [...trades] }),
    ...(variance !== undefined && { variance }),
    ...(allocations !== undefined && { allocations: [...allocations] }),
    ...(saving !== undefined && { saving }),
    ...(fees !== undefined && { fees }),
    ...(plan.split !== undefined && {
      split: {
        oversubscribed: plan.split.oversubscribed,
        market: plan.split.market,
        limits: [...plan.split.limits],
      },
    }),
  };
}

function parametersOf({ strategy }: Pick<Plan, "strategy">): Json {
  return strategy.parameters;
}

/** @param page which of its children are shown */
export function toProgressView(
  parent: ParentSummary,
  { slippage, missing }: Pick<Analysis, "slippage" | "missing">,
  { from, limit }: { readonly from: number; readonly limit: number },
): ProgressView {
  const { strategy } = parent;
  const end = from + limit;
  return {
    orderId: parent.orderId,
    portfolioId: parent.portfolioId,
    symbol: parent.symbol,
    side: parent.side,
    strategy: strategy.name,
    parameters: strategy.parameters,
    state: strategy.state,
    status: parent.ordStatus,
    quantity: parent.orderQty,
    cumQuantity: parent.cumQty,
    leavesQuantity: parent.leavesQty,
    averagePrice: parent.avgPx,
    fees: parent.fees,
    progress: strategy.progress,
    slices: strategy.slices,
    nextSliceAt: strategy.nextSliceAtMs === null ? null : isoTime(strategy.nextSliceAtMs),
    note: strategy.note,
    childCount: strategy.childCount,
    children: strategy.children.slice(from, end).map(toChildView),
    nextCursor: end < strategy.childCount ? encodeCursor({ from: end }) : null,
    slippage,
    missing,
    createdAt: isoTime(parent.createdAtMs),
    updatedAt: isoTime(parent.updatedAtMs),
  };
}

function toChildView(child: ChildSummary): ProgressView["children"][number] {
  return {
    orderId: child.orderId,
    slice: child.slice,
    quantity: child.quantity,
    price: child.price,
    venue: child.venue,
    placedAt: isoTime(child.placedAtMs),
    status: child.ordStatus,
    cumQuantity: child.cumQty,
    averagePrice: child.avgPx,
    fees: child.fees,
    text: child.text,
    reasons: child.reasons,
  };
}
