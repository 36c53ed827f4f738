import type { Bar } from "../market/bar.ts";
import type { Quote } from "../market/quote.ts";
import type { CancelPayload, ReportOf, SubmitPayload } from "../order/messages.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { FeeSchedule } from "./fees.ts";

/** What the paper venue of one symbol is told. */
export type PaperVenueCommand =
  | {
      readonly type: "Submit";
      readonly order: SubmitPayload;
      /** of the account; absent: PAPER_FEES */
      readonly fees?: FeeSchedule;
      /** the newest market time that the sender knows (end of a bar, time of a quote), epoch ms */
      readonly marketTimeMs?: number;
    }
  | { readonly type: "Cancel"; readonly order: CancelPayload }
  /** asks, and changes nothing */
  | { readonly type: "Query"; readonly clOrdId: string }
  | {
      readonly type: "OnBar";
      readonly bar: Bar;
      /** the largest fraction of the bar's volume that our orders may take together; absent: no cap */
      readonly participation?: DecimalString;
    }
  /** `tsEventMs` must be when bid and ask were seen, not a later last price */
  | { readonly type: "OnQuote"; readonly quote: Quote };

/** What the venue remembers of a bar or quote. */
export type MarketSeen =
  | {
      readonly by: "bar";
      readonly startMs: number;
      readonly endMs: number;
      readonly open: DecimalString;
    }
  | {
      readonly by: "quote";
      readonly timeMs: number;
      readonly bid: DecimalString | null;
      readonly ask: DecimalString | null;
    };

/** Each one that carries a report tells the order actor of it. */
export type PaperVenueEvent =
  | {
      readonly type: "VenueOrderAccepted";
      readonly order: SubmitPayload;
      readonly fees: FeeSchedule;
      /** null: the venue has never seen the market; the first bar or quote only sets its clock */
      readonly activeFromMs: number | null;
      readonly report: ReportOf<"new">;
    }
  | {
      readonly type: "VenueOrderRejected";
      readonly order: SubmitPayload;
      readonly report: ReportOf<"rejected">;
    }
  | { readonly type: "VenueMarketSeen"; readonly seen: MarketSeen }
  | {
      readonly type: "VenueOrderFilled";
      readonly report: ReportOf<"trade">;
      /** the order's exact fees after this fill, before rounding */
      readonly feesAccrued: DecimalString;
    }
  | { readonly type: "VenueOrderCanceled"; readonly report: ReportOf<"canceled"> }
  | { readonly type: "VenueOrderExpired"; readonly report: ReportOf<"expired"> }
  | { readonly type: "VenueCancelRejected"; readonly report: ReportOf<"cancelRejected"> };

export interface PaperVenueReply {
  /** the order that the command named, as the venue has it; null when it has none, or has forgotten it */
  readonly order: VenueOrderSummary | null;
  /** 0: nothing waits for bars or quotes */
  readonly openOrders: number;
  /** ids of the orders that a report went to, each once: what a bar or quote did */
  readonly told: readonly string[];
}

export interface VenueOrderSummary {
  readonly clOrdId: string;
  readonly orderId: string;
  readonly venueOrderId: string | null;
  readonly ordStatus: "new" | "partiallyFilled" | ClosedStatus;
  readonly cumQty: DecimalString;
  /** why it was rejected, canceled or expired */
  readonly text: string | null;
}

export type ClosedStatus = "filled" | "canceled" | "expired" | "rejected";
