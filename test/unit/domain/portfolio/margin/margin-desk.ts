import { DEFAULT_MARGIN } from "../../../../../domain/portfolio/margin/terms.ts";
import type { MarketView, RiskBoard } from "../../../../../domain/portfolio/market-view.ts";
import type { Denial } from "../../../../../domain/order/new-order.ts";
import {
  type Command,
  fill,
  type LivePortfolio,
  market,
  type MarketChanges,
  opened,
  request,
  verdict,
} from "../given.ts";

/** A margin portfolio of the default rates, financed at 6 % and 2 % by days of 360. */
export function marginPortfolio(changes: Partial<Command<"Open">> = {}): LivePortfolio {
  return opened({
    margin: DEFAULT_MARGIN,
    financing: { debitRate: "0.06", creditRate: "0.02", dayCount: 360 },
    ...changes,
  });
}

/** Shortable, without fees. */
export function seen(
  last: string,
  changes: MarketChanges = {},
  board?: RiskBoard["marks"],
): MarketView {
  const instrument = { shortable: true, ...changes.instrument };
  const view = market({ feeBps: "0", ...changes, last, instrument });
  return board === undefined ? view : { ...view, board: boardWith(board) };
}

export function boardWith(marks: RiskBoard["marks"]): RiskBoard {
  return { asOfMs: 1, marks, rates: {} };
}

interface Wanted {
  readonly orderId: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly price: string;
  readonly symbol?: string;
}

/** A limit order at the market's price. */
export function ask(
  live: LivePortfolio,
  { orderId, side, quantity, price, symbol = "AAPL" }: Wanted,
  view: MarketView = seen(price, { symbol }),
): "approved" | readonly Denial[] {
  const order = { orderId, side, symbol, orderQty: quantity, ordType: "limit", price } as const;
  const found = verdict(live.when(request(order, view)).reply);
  return found.verdict === "denied" ? found.reasons : "approved";
}

/** Approved and filled at its price. @throws Error when it is denied */
export function trade(live: LivePortfolio, wanted: Wanted, view?: MarketView): void {
  const found = ask(live, wanted, view);
  if (found !== "approved") throw new Error(`denied: ${JSON.stringify(found)}`);
  filled(live, wanted);
}

export function filled(live: LivePortfolio, wanted: Wanted, atMs?: number): void {
  const { orderId, side, quantity, price, symbol = "AAPL" } = wanted;
  const when = atMs === undefined ? {} : { transactTimeMs: atMs };
  live.when(fill({ orderId, execId: `x-${orderId}`, side, quantity, price, symbol, ...when }));
}
