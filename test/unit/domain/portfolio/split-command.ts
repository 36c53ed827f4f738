import type { SplitAdjustment } from "../../../../domain/portfolio/after-trade-messages.ts";
import { type Command, market } from "./given.ts";

/** A split that adjusts orders: without changes one that cancels nothing. */
export const split = (
  newUnits: number,
  oldUnits: number,
  adjust: Partial<SplitAdjustment> = {},
  changes: Partial<Command<"SplitPosition">> = {},
): Command<"SplitPosition"> => ({
  type: "SplitPosition",
  symbol: "AAPL",
  newUnits,
  oldUnits,
  lotSize: "1",
  cashInLieuPrice: null,
  adjust: {
    market: market(),
    requestedBy: "user-1",
    cancelUnadjusted: false,
    standing: [],
    baskets: [],
    ...adjust,
  },
  memo: "",
  effectiveAtMs: 1_500_000,
  ...changes,
});

/** Cancels what it cannot adjust. */
export const CANCEL = { cancelUnadjusted: true } as const;
