import type { DecimalString } from "../shared/decimal.ts";

export type Liquidity = "maker" | "taker";

/**
 * What a broker says of an order, after FIX ExecutionReport (35=8). May arrive twice, late or out of order; `execId` is
 * unique within the venue and counts once.
 */
export type ExecutionReport = {
  readonly execId: string;
  readonly venue: string;
  readonly clOrdId: string;
  readonly orderId: string;
  /** the venue's clock, epoch ms */
  readonly transactTimeMs: number;
} & (
  | { readonly execType: "new"; readonly venueOrderId: string }
  | {
      readonly execType: "trade";
      readonly lastQty: DecimalString;
      readonly lastPx: DecimalString;
      readonly fees: DecimalString;
      readonly currency: string;
      readonly liquidity: Liquidity;
      /** ISO date on which it settles */
      readonly settlementDate: string;
    }
  | { readonly execType: "canceled"; readonly text: string }
  | { readonly execType: "expired"; readonly text: string }
  | { readonly execType: "rejected"; readonly ordRejReason: string; readonly text: string }
  | { readonly execType: "cancelRejected"; readonly text: string }
);
