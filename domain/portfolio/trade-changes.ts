import type { Recorded } from "../shared/decider.ts";
import type { TradeChange } from "../shared/journal.ts";
import { allocationsOf } from "./after-trade-state.ts";
import type { PortfolioEvent } from "./messages.ts";
import type { PortfolioState } from "./state.ts";

/**
 * What events did to trades on record.
 * @param state after them
 */
export function tradeChangesOf(
  state: PortfolioState,
  recorded: readonly Recorded<PortfolioEvent>[],
): readonly TradeChange[] {
  return recorded.flatMap(({ event, atMs }): readonly TradeChange[] => {
    switch (event.type) {
      case "TradeSettled":
        return [{ tradeId: event.tradeId, settlement: { status: "settled", atMs } }];
      case "SettlementFailed":
        return [{ tradeId: event.tradeId, settlement: { status: "failed", atMs } }];
      case "TradeAllocated":
      case "AllocationReturned":
        return [allocationsChange(state, event.trade.tradeId)];
      case "AllocationTaken":
        return [allocationsChange(state, event.tradeId)];
      case "PortfolioOpened":
      case "PortfolioUpdated":
      case "PortfolioClosed":
      case "OrderApproved":
      case "OrderDenied":
      case "FillApplied":
      case "AmendApproved":
      case "AmendDenied":
      case "AmendConcluded":
      case "HoldReduced":
      case "HoldReleased":
      case "CashMoved":
      case "DividendPaid":
      case "PositionSplit":
      case "AllocationRefused":
      case "MarginCallRaised":
      case "MarginCallMet":
      case "MarginCallExpired":
      case "FinancingAccrued":
      case "CurrencyConverted":
      case "SwitchSet":
      case "DeskLimitsSet":
      case "TenantLimitsSet":
      case "LimitOverridden":
      case "EquityMarked":
      case "FlattenHindered":
      case "FlattenEnded":
        return [];
    }
  });
}

function allocationsChange({ account }: PortfolioState, tradeId: string): TradeChange {
  const known = account === null ? undefined : allocationsOf(account.afterTrade, tradeId);
  return { tradeId, allocations: known?.rows ?? [] };
}
