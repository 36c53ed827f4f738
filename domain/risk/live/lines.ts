import type { ApprovedOrder } from "../../order/new-order.ts";
import { type BucketMap, get, keys, put, values } from "../../shared/bucket-map.ts";
import { Decimal, add, dec, type DecimalString, text } from "../../shared/decimal.ts";
import { type OpenOrders, openQuantity } from "../../portfolio/open-orders.ts";
import type { PositionSummary } from "../../portfolio/position.ts";

/** What of an instrument exposure is worked out from, as it was when the portfolio last ordered it. */
export interface SymbolRisk {
  readonly currency: string;
  readonly multiplier: DecimalString;
  /** absent: none is on record */
  readonly sector?: string;
}

/** Units of one symbol that are held, and what open orders may add to either side. */
export interface RiskLine {
  readonly symbol: string;
  readonly currency: string;
  readonly multiplier: DecimalString;
  readonly sector: string;
  /** both positive; a netting portfolio has but one of them */
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly openBuy: DecimalString;
  readonly openSell: DecimalString;
  /** its sides stand side by side: neither offsets the other */
  readonly isHedged: boolean;
}

/** Symbols of which no sector is known are a sector of their own. */
export const NO_SECTOR = "none";

/** What of a portfolio's state this looks at. */
export interface Exposed {
  readonly opening: { readonly accounting?: "hedging" };
  readonly positions: BucketMap<PositionSummary>;
  readonly orders: OpenOrders;
  readonly riskBook: { readonly symbols: BucketMap<SymbolRisk> };
}

interface Remembered {
  readonly buy: DecimalString;
  readonly sell: DecimalString;
  readonly risk: SymbolRisk | undefined;
  readonly line: RiskLine;
}

/**
 * What was made of a position, or of what is known of a symbol, when it was looked at last: they are never changed, so that a
 * line is made once and is the same object until something of it is another. A portfolio has hundreds, an order changes one.
 */
const MADE = new WeakMap<object, Remembered>();

/** A line for each symbol that is held or ordered. Equal lines are the same object from one call to the next. */
export function linesOf(account: Exposed): readonly RiskLine[] {
  return account.opening.accounting === "hedging" ? hedgedLines(account) : nettedLines(account);
}

function nettedLines({ positions, orders, riskBook }: Exposed): readonly RiskLine[] {
  const lines: RiskLine[] = [];
  for (const position of values(positions)) {
    const { symbol, quantity } = position;
    const [buy, sell] = [openQuantity(orders, symbol, "buy"), openQuantity(orders, symbol, "sell")];
    if (quantity === "0" && buy === "0" && sell === "0") continue;
    const risk = get(riskBook.symbols, symbol);
    lines.push(
      remembered(position, buy, sell, risk, () => ({
        ...termsOf(symbol, risk ?? position, risk),
        ...sidesOf(quantity),
        openBuy: buy,
        openSell: sell,
        isHedged: false,
      })),
    );
  }
  for (const symbol of keys(orders.bySymbol)) {
    const risk = get(riskBook.symbols, symbol);
    if (get(positions, symbol) !== undefined || risk === undefined) continue;
    const [buy, sell] = [openQuantity(orders, symbol, "buy"), openQuantity(orders, symbol, "sell")];
    lines.push(
      remembered(risk, buy, sell, risk, () => ({
        ...termsOf(symbol, risk, risk),
        ...sidesOf("0"),
        openBuy: buy,
        openSell: sell,
        isHedged: false,
      })),
    );
  }
  return lines;
}

function remembered(
  key: object,
  buy: DecimalString,
  sell: DecimalString,
  risk: SymbolRisk | undefined,
  make: () => RiskLine,
): RiskLine {
  const known = MADE.get(key);
  if (known?.buy === buy && known.sell === sell && known.risk === risk) return known.line;
  const line = make();
  MADE.set(key, { buy, sell, risk, line });
  return line;
}

function sidesOf(quantity: DecimalString) {
  return quantity.startsWith("-")
    ? { long: "0", short: quantity.slice(1) }
    : { long: quantity, short: "0" };
}

function termsOf(
  symbol: string,
  { currency, multiplier }: Pick<SymbolRisk, "currency" | "multiplier">,
  risk: SymbolRisk | undefined,
) {
  return { symbol, currency, multiplier, sector: risk?.sector ?? NO_SECTOR };
}

/** Orders that close a position by its id are not among those of its symbol: they only make it smaller. */
function hedgedLines({ positions, orders, riskBook }: Exposed): readonly RiskLine[] {
  const open = values(positions).filter(({ quantity }) => quantity !== "0");
  const bySymbol = Map.groupBy(open, ({ symbol }) => symbol);
  const ordered = keys(orders.bySymbol).filter((key) => get(riskBook.symbols, key) !== undefined);
  return [...new Set([...bySymbol.keys(), ...ordered])].flatMap((symbol) => {
    const risk = get(riskBook.symbols, symbol);
    const held = bySymbol.get(symbol) ?? [];
    const terms = risk ?? held[0];
    if (terms === undefined) return [];
    return {
      ...termsOf(symbol, terms, risk),
      ...heldSides(held),
      openBuy: openQuantity(orders, symbol, "buy"),
      openSell: openQuantity(orders, symbol, "sell"),
      isHedged: true,
    };
  });
}

function heldSides(positions: readonly PositionSummary[]) {
  let [long, short] = ["0", "0"];
  for (const { quantity } of positions) {
    const sides = sidesOf(quantity);
    [long, short] = [add(long, sides.long), add(short, sides.short)];
  }
  return { long, short };
}

/** What the portfolio knows of the symbols that it orders, with this one. */
export function withSymbolRisk(
  symbols: BucketMap<SymbolRisk>,
  { symbol, currency, multiplier, sector }: ApprovedOrder,
): BucketMap<SymbolRisk> {
  const known = get(symbols, symbol);
  const isSame =
    known?.currency === currency && known.multiplier === multiplier && known.sector === sector;
  return isSame
    ? symbols
    : put(symbols, symbol, { currency, multiplier, ...(sector !== undefined && { sector }) });
}

interface OrderedUnits {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: DecimalString;
  /** of a hedging portfolio */
  readonly isHedged: boolean;
}

/** The lines with an order that is to be placed; it may be of a symbol that has none yet. */
export function withOrderLine(
  lines: readonly RiskLine[],
  order: OrderedUnits,
  terms: SymbolRisk,
  /** what of the open orders on its side its group holds already */
  held: DecimalString,
): readonly RiskLine[] {
  const { symbol, side, quantity } = order;
  const at = lines.findIndex((line) => line.symbol === symbol);
  const before: RiskLine = lines[at] ?? {
    ...termsOf(symbol, terms, terms),
    ...sidesOf("0"),
    openBuy: "0",
    openSell: "0",
    isHedged: order.isHedged,
  };
  const field = side === "buy" ? "openBuy" : "openSell";
  const more = Decimal.max(dec(quantity).minus(held), 0);
  const after = { ...before, [field]: text(more.plus(before[field])) };
  return at < 0 ? [...lines, after] : lines.with(at, after);
}
