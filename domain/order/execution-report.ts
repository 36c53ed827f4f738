import type { DecimalString } from "../shared/decimal.ts";
import type { OrderTerms } from "./new-order.ts";

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
  /** a stop or touched order was set off, and works as a market or limit order from now on */
  | { readonly execType: "triggered" }
  /** the order stands with these terms now: asked for, or changed by the venue itself */
  | ({
      readonly execType: "replaced";
      /** which of our amendments it answers; null: the venue changed the order by itself */
      readonly revision: number | null;
      /** a venue may give the order a new id with its new terms */
      readonly venueOrderId: string;
    } & OrderTerms)
  /** it stands as it was */
  | {
      readonly execType: "replaceRejected";
      readonly revision: number;
      readonly text: string;
    }
);
