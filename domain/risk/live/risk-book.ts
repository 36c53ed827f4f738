import { type BucketMap, EMPTY_MAP } from "../../shared/bucket-map.ts";
import { add, dec, type DecimalString, text, Decimal } from "../../shared/decimal.ts";
import type {
  RiskEvent,
  RiskStanding,
  TenantPolicy,
  Unflattened,
} from "../kill-switch/messages.ts";
import { type Switch, withSwitch } from "../kill-switch/switch.ts";
import type { SymbolRisk } from "./lines.ts";
import type { Override, RiskPolicy } from "./policy.ts";

/** The part of a portfolio's state that limits and stops from outside need. Plain JSON. */
export interface RiskBook {
  /** by symbol, of those that were ordered */
  readonly symbols: BucketMap<SymbolRisk>;
  readonly desk: RiskPolicy | null;
  readonly tenant: TenantPolicy | null;
  /** newest last, those that had ended when the last was added left out */
  readonly overrides: readonly Override[];
  /** one a key */
  readonly switches: readonly Switch[];
  /** the highest equity that was marked, deposits and withdrawals since then counted in */
  readonly highWater: DecimalString;
  /** the first equity at the market that was marked on a day (UTC); null: none yet */
  readonly dayOpen: { readonly day: number; readonly equity: DecimalString } | null;
  readonly flatten: Flatten | null;
}

/** The closing of positions that a switch asked for. A type alias, so that it is assignable to Json. */
export type Flatten = {
  /** of the switch */
  readonly seq: number;
  readonly symbol: string | null;
  readonly left: readonly Unflattened[];
};

export function newRiskBook(initialCash: DecimalString, standing?: RiskStanding): RiskBook {
  return {
    symbols: EMPTY_MAP,
    desk: null,
    tenant: standing?.tenant ?? null,
    overrides: [],
    switches: standing?.switches ?? [],
    highWater: initialCash,
    dayOpen: null,
    flatten: null,
  };
}

/** @param atMs of the event */
export function evolveRisk(book: RiskBook, event: RiskEvent, atMs: number): RiskBook {
  switch (event.type) {
    case "SwitchSet":
      return {
        ...book,
        switches: withSwitch(book.switches, event.switch),
        flatten: event.flatten
          ? { seq: event.switch.seq, symbol: event.switch.symbol, left: [] }
          : book.flatten,
      };
    case "DeskLimitsSet":
      return { ...book, desk: event.policy };
    case "TenantLimitsSet":
      return { ...book, tenant: { version: event.version, policy: event.policy } };
    case "LimitOverridden":
      return {
        ...book,
        overrides: [...book.overrides.filter(({ untilMs }) => untilMs > atMs), event.override],
      };
    case "EquityMarked":
      return marked(book, event.equity, event.day);
    case "FlattenHindered":
      return book.flatten?.seq === event.seq
        ? { ...book, flatten: { ...book.flatten, left: event.left } }
        : book;
    case "FlattenEnded":
      return book.flatten?.seq === event.seq ? { ...book, flatten: null } : book;
  }
}

function marked(book: RiskBook, equity: DecimalString, day: number): RiskBook {
  return {
    ...book,
    highWater: text(Decimal.max(book.highWater, equity)),
    dayOpen: book.dayOpen?.day === day ? book.dayOpen : { day, equity },
  };
}

/** What comes in or goes out is neither a gain nor a loss. */
export function withFlow(book: RiskBook, amount: DecimalString): RiskBook {
  const { highWater, dayOpen } = book;
  return {
    ...book,
    highWater: text(Decimal.max(dec(highWater).plus(amount), 0)),
    dayOpen: dayOpen && { ...dayOpen, equity: add(dayOpen.equity, amount) },
  };
}
