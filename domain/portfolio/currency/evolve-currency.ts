import { type BucketMap, get, put } from "../../shared/bucket-map.ts";
import { add, type DecimalString, subtract } from "../../shared/decimal.ts";
import { type CurrencyBook, NO_FLOWS } from "./currency-book.ts";
import type { CurrencyConverted, Flows, InBase } from "./messages.ts";

/** What of a portfolio's state is about other currencies. */
export interface Foreign {
  readonly foreign: BucketMap<CurrencyBook>;
  /** Σ cost of cash and positions in other currencies, in the base currency */
  readonly foreignCost: DecimalString;
  /** realised by changes of rates, in the base currency */
  readonly fxPnl: DecimalString;
}

interface Position {
  readonly cost: DecimalString;
  readonly baseCost?: DecimalString;
}

interface Own extends Partial<Flows> {
  /** before and after, of a position in the currency */
  readonly position?: { readonly before: Position | undefined; readonly after: Position };
}

/** @param own what the change was, in the currency itself */
export function withInBase<S extends Foreign>(state: S, inBase: InBase, own: Own): S {
  const before = get(state.foreign, inBase.currency);
  const { before: held, after } = own.position ?? {};
  const costChange = subtract(after?.cost ?? "0", held?.cost ?? "0");
  const book: CurrencyBook = {
    ...withFlows(before ?? NO_FLOWS, own),
    cash: inBase.cash,
    cashCost: inBase.cashCost,
    positionsCost: add(before?.positionsCost ?? "0", costChange),
    lastRate: inBase.rate,
    inBase: withFlows(before?.inBase ?? NO_FLOWS, inBase.flows),
  };
  const cashChange = subtract(inBase.cashCost, before?.cashCost ?? "0");
  const positionChange = subtract(after?.baseCost ?? "0", held?.baseCost ?? "0");
  return {
    ...state,
    foreign: put(state.foreign, inBase.currency, book),
    foreignCost: add(state.foreignCost, add(cashChange, positionChange)),
    fxPnl: add(state.fxPnl, inBase.pnl),
  };
}

/** The state after a conversion. */
export function withConversion<
  S extends Foreign & { readonly cash: DecimalString; readonly fees: DecimalString },
>(state: S, { to, fee, baseChange, baseFee, inBase }: CurrencyConverted): S {
  const converted = inBase.reduce(
    (after, side) => withInBase(after, side, side.currency === to ? { fees: fee } : {}),
    state,
  );
  return {
    ...converted,
    cash: add(state.cash, baseChange),
    fees: add(state.fees, baseFee),
  };
}

function withFlows(before: Flows, change: Partial<Flows>): Flows {
  return {
    netDeposits: add(before.netDeposits, change.netDeposits ?? "0"),
    dividends: add(before.dividends, change.dividends ?? "0"),
    realizedPnl: add(before.realizedPnl, change.realizedPnl ?? "0"),
    fees: add(before.fees, change.fees ?? "0"),
  };
}
