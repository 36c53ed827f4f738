import type { Bar } from "../market/bar.ts";
import type { DisplayedBook } from "../market/displayed-book.ts";
import type { Quote, TradeTick } from "../market/quote.ts";
import type { CancelPayload, ReplacePayload, ReportOf, SubmitPayload } from "../order/messages.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { SeenBar } from "./bar-history.ts";
import type { Depth } from "./depth.ts";
import type { FeeSchedule } from "./fees.ts";
import type { Line, Passage, VenueRules } from "./venue-rules.ts";

/** What the paper venue of one symbol is told. `line`: how its reports travel; absent: they are told at once. */
export type PaperVenueCommand = Instruction & { readonly line?: Line };

type Instruction =
  | {
      readonly type: "Submit";
      readonly order: SubmitPayload;
      /** of the account; absent: PAPER_FEES */
      readonly fees?: FeeSchedule;
      /** the newest market time that the sender knows (end of a bar, time of a quote), epoch ms */
      readonly marketTimeMs?: number;
      /** by market time, how long it takes to the market; absent: 0 */
      readonly latencyMs?: number;
    }
  | { readonly type: "Cancel"; readonly order: CancelPayload; readonly latencyMs?: number }
  | { readonly type: "Replace"; readonly order: ReplacePayload; readonly latencyMs?: number }
  /** asks, and hears the reports that are on their way; changes nothing else */
  | { readonly type: "Query"; readonly clOrdId: string }
  | {
      readonly type: "OnBar";
      readonly bar: Bar;
      /** the largest fraction of the bar's volume that our orders may take together; absent: no cap */
      readonly participation?: DecimalString;
      /** of the account; absent: PLAIN_RULES */
      readonly rules?: VenueRules;
    }
  /** `tsEventMs` must be when bid and ask were seen, not a later last price */
  | { readonly type: "OnQuote"; readonly quote: Quote; readonly rules?: VenueRules }
  /** the whole displayed book */
  | { readonly type: "OnBook"; readonly book: DisplayedBook; readonly rules?: VenueRules }
  | { readonly type: "OnTrade"; readonly trade: TradeTick };

/** What the venue remembers of a bar or quote. */
export type MarketSeen =
  | {
      readonly by: "bar";
      readonly startMs: number;
      readonly endMs: number;
      readonly open: DecimalString;
      /** absent where they are the open: in a part of a bar, and in what was recorded long ago */
      readonly extremes?: { readonly high: DecimalString; readonly low: DecimalString };
      /** the bar of which this is a part */
      readonly of?: { readonly startMs: number; readonly endMs: number };
      /** what is kept of the bar, for slippage that is made of it */
      readonly bar?: SeenBar;
    }
  | {
      readonly by: "quote";
      readonly timeMs: number;
      readonly bid: DecimalString | null;
      readonly ask: DecimalString | null;
    };

/** Each one that carries a report tells the order actor of it; with a `passage` later, or twice. */
export type PaperVenueEvent =
  | (ReportEvent & { readonly passage?: Passage })
  | { readonly type: "VenueMarketSeen"; readonly seen: MarketSeen }
  /** the matching book after a book or a print */
  | { readonly type: "VenueDepthSeen"; readonly depth: Depth }
  /** reports that were on their way are told, by their execIds */
  | { readonly type: "VenueReportsArrived"; readonly execIds: readonly string[] }
  /** it ends the order when it arrives */
  | { readonly type: "VenueCancelSent"; readonly clOrdId: string; readonly arrivesMs: number };

export type ReportEvent =
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
  | {
      readonly type: "VenueOrderSetOff";
      readonly report: ReportOf<"triggered">;
      /** it has become a limit that could not trade at once */
      readonly rests: boolean;
    }
  | {
      readonly type: "VenueOrderFilled";
      readonly report: ReportOf<"trade">;
      /** the order's exact fees after this fill, before rounding */
      readonly feesAccrued: DecimalString;
    }
  | { readonly type: "VenueOrderCanceled"; readonly report: ReportOf<"canceled"> }
  | { readonly type: "VenueOrderExpired"; readonly report: ReportOf<"expired"> }
  | { readonly type: "VenueCancelRejected"; readonly report: ReportOf<"cancelRejected"> }
  | {
      readonly type: "VenueOrderReplaced";
      /** as it stands from now on */
      readonly order: SubmitPayload;
      /** whether it stays where it was in the queue */
      readonly keepsPlace: boolean;
      /** of an order that does not; as in VenueOrderAccepted */
      readonly activeFromMs: number | null;
      readonly report: ReportOf<"replaced">;
    }
  | { readonly type: "VenueReplaceRejected"; readonly report: ReportOf<"replaceRejected"> }
  /** the same answer again, to a repeat of the amendment; changes nothing */
  | { readonly type: "VenueReplaceRepeated"; readonly report: AmendAnswer };

/** What was answered to an amendment. */
export type AmendAnswer = ReportOf<"replaced"> | ReportOf<"replaceRejected">;

/** What is remembered of an order whose terms have changed, or that somebody wanted to amend. */
export interface Amended {
  /** as it was submitted, by which a repeat of that is recognised */
  readonly original: SubmitPayload;
  /** to the latest amendment; null when only the venue has changed it */
  readonly answer: AmendAnswer | null;
}

export interface PaperVenueReply {
  /** the order that the command named, as the venue has it; null when it has none, or has forgotten it */
  readonly order: VenueOrderSummary | null;
  /** 0, and `heldReports` too: nothing waits for bars or quotes */
  readonly openOrders: number;
  /** reports on their way */
  readonly heldReports: number;
  /** ids of the orders that a report went to, each once: what a bar or quote did */
  readonly told: readonly string[];
}

export interface VenueOrderSummary {
  readonly clOrdId: string;
  readonly orderId: string;
  readonly venueOrderId: string | null;
  readonly ordStatus: "new" | "triggered" | "partiallyFilled" | ClosedStatus;
  readonly cumQty: DecimalString;
  /** why it was rejected, canceled or expired */
  readonly text: string | null;
}

export type ClosedStatus = "filled" | "canceled" | "expired" | "rejected";
