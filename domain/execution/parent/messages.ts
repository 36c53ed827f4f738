import type { ChildReported, OrderStatus, OrderSummary } from "../../order/messages.ts";
import type { Denial, NewOrder, Side } from "../../order/new-order.ts";
import type { DecimalString } from "../../shared/decimal.ts";
import type { InstrumentFacts } from "../algorithms/facts.ts";
import type { Strategy } from "../algorithms/parameters.ts";
import type { Touch } from "../algorithms/sniper.ts";
import type { Slice } from "../algorithms/twap.ts";
import type { Venue } from "../routing/venue.ts";

/** What was known when the parent was born, and does not change. A type alias, so that it is assignable to Json. */
export type ParentFacts = {
  readonly instrument: InstrumentFacts;
  /** the mid when the order came; null when the market showed none */
  readonly arrivalPrice: DecimalString | null;
  /** whether the volume that the feed tells contains our own fills: of real markets it does, of the paper venue it does not */
  readonly isOwnVolumeOnTape: boolean;
};

/** What the market shows when a slice is decided; null is what nobody could say. */
export type MarketSeen = {
  readonly quote: Touch | null;
  /** of the symbol since the parent started, units */
  readonly volume: DecimalString | null;
  /** what the venues display, for smart routing */
  readonly venues: readonly Venue[] | null;
  /** what the venues display of the order's own side; absent where nothing is to rest */
  readonly ownSide?: readonly Venue[] | null;
  /** those of the venues asked for that take post-only orders */
  readonly postOnlyAt?: readonly string[];
};

export type ParentCommand =
  | {
      readonly type: "Start";
      readonly order: NewOrder;
      readonly strategy: Strategy;
      readonly facts: ParentFacts;
      /** of the strategies that follow a clock; empty for the others */
      readonly schedule: readonly Slice[];
    }
  | {
      readonly type: "RecordDenial";
      readonly order: NewOrder;
      readonly strategy: Strategy;
      readonly reasons: readonly Denial[];
    }
  | { readonly type: "Pause"; readonly requestedBy: string }
  | { readonly type: "Resume"; readonly requestedBy: string }
  | { readonly type: "RequestCancel"; readonly requestedBy: string }
  /** by reminder */
  | { readonly type: "RunSlice"; readonly index: number }
  /** what the effect `observe` has found */
  | { readonly type: "Act"; readonly index: number; readonly market: MarketSeen }
  | ChildReported;

/** Payload of the effect `observe`. A type alias, so that it is assignable to Json. */
export type ObservePayload = {
  readonly index: number;
  readonly symbol: string;
  /** volume is wanted since then */
  readonly sinceMs: number;
  readonly wantsVolume: boolean;
  /** what the venues display to this side, by this account; null where it is not wanted */
  readonly display: {
    readonly side: Side;
    readonly venue?: string;
    readonly accountId?: string;
  } | null;
  /** venues at which an order shall rest: their own side is wanted too, and whether they take post-only */
  readonly restAt?: readonly string[];
};

/** Payload of the effect `cancelChild`. */
export type CancelChildPayload = { readonly orderId: string; readonly requestedBy: string };

export interface ChildStanding {
  readonly sequence: number;
  readonly ordStatus: OrderStatus;
  readonly cumQty: DecimalString;
  /** Σ lastQty · lastPx */
  readonly notional: DecimalString;
  readonly fees: DecimalString;
  readonly text: string | null;
  readonly reasons: readonly Denial[];
}

export type ParentEvent =
  | {
      readonly type: "ParentStarted";
      readonly order: NewOrder;
      readonly strategy: Strategy;
      readonly facts: ParentFacts;
      readonly schedule: readonly Slice[];
    }
  | {
      readonly type: "ParentDenied";
      readonly order: NewOrder;
      readonly strategy: Strategy;
      readonly reasons: readonly Denial[];
    }
  /** the slice's time has come; `missed` slices before it were too late to send, and are caught up by the strategy's rule */
  | { readonly type: "SliceBegun"; readonly index: number; readonly missed: number }
  | { readonly type: "ChildPlaced"; readonly index: number; readonly order: NewOrder }
  /** the slice sends nothing more; `volume`: what the market had traded by then, for participation */
  | {
      readonly type: "SliceDecided";
      readonly index: number;
      readonly volume: DecimalString | null;
      readonly reason: string | null;
    }
  | { readonly type: "ChildChanged"; readonly orderId: string; readonly standing: ChildStanding }
  | { readonly type: "ChildCancelRequested"; readonly orderId: string }
  /** alarm when `alarm` is true: nobody asked for it */
  | {
      readonly type: "ParentPaused";
      readonly requestedBy: string;
      readonly reason: string | null;
      readonly alarm: boolean;
    }
  | { readonly type: "ParentResumed"; readonly requestedBy: string; readonly shiftMs: number }
  | { readonly type: "ParentCancelRequested"; readonly requestedBy: string }
  /** no slice is left: what is open is waited for, and what is then not filled stays so */
  | { readonly type: "ScheduleEnded"; readonly reason: string };

export type RunState = "running" | "paused" | "ending" | "ended";

/** An order's summary, and how its strategy stands. */
export interface ParentSummary extends OrderSummary {
  readonly strategy: {
    readonly name: Strategy["name"];
    readonly parameters: Strategy["parameters"];
    readonly state: RunState;
    /** filled / ordered, a statistic */
    readonly progress: number;
    readonly slices: {
      readonly planned: number | null;
      readonly begun: number;
      readonly missed: number;
    };
    readonly nextSliceAtMs: number | null;
    readonly arrivalPrice: DecimalString | null;
    /** how many it has had */
    readonly childCount: number;
    /** the newest at least, in their order; all of them only where it is said */
    readonly children: readonly ChildSummary[];
    /** why it paused or ended, or the last slice sent nothing */
    readonly note: string | null;
  };
}

export interface ChildSummary {
  readonly orderId: string;
  readonly slice: number;
  readonly quantity: DecimalString;
  readonly price: DecimalString | null;
  readonly venue: string | null;
  readonly placedAtMs: number;
  readonly ordStatus: OrderStatus;
  readonly cumQty: DecimalString;
  readonly avgPx: DecimalString | null;
  readonly fees: DecimalString;
  readonly text: string | null;
  readonly reasons: readonly Denial[];
}

/** The answer to every command; null before birth. */
export interface ParentReply {
  readonly parent: ParentSummary | null;
}
