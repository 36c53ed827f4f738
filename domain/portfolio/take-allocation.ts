import type { Decision, Effect, Env } from "../shared/decider.ts";
import { dec, text } from "../shared/decimal.ts";
import type { AfterTradeCommand, AllocationReceipt } from "./after-trade-messages.ts";
import { get } from "../shared/bucket-map.ts";
import { freeIn } from "./currency/currency-book.ts";
import { allowedCurrencies, allowsCurrency } from "./currency/terms.ts";
import { applyFill } from "./apply-fill.ts";
import type { PortfolioCommand, PortfolioEvent } from "./messages.ts";
import { whyUncovered } from "./margin/cover.ts";
import { type Account, freeUnits } from "./state.ts";

type TakeAllocation = Extract<AfterTradeCommand, { type: "TakeAllocation" }>;

/** By the portfolio that is to take the part: books it like a fill, or says why it cannot. Answers the giver either way. */
export function takeAllocation(
  account: Account,
  command: TakeAllocation,
  env: Env,
): Decision<PortfolioEvent, AllocationReceipt> {
  const { allocationId, from, trade } = command;
  const reply = { tradeId: trade.tradeId, allocations: [] };
  const reason = whyNot(account, command);
  const effects = [conclude(command, reason)];
  if (reason !== null)
    return { events: [{ type: "AllocationRefused", allocationId, from, reason }], effects, reply };
  // The part is a trade under the allocation's own id.
  const id = (name: string) => (name === "trade" ? trade.tradeId : env.id(name));
  const baseRate = heardRate(account, command);
  const fill = { ...asFill(command), ...(baseRate !== undefined && { baseRate }) };
  const { events } = applyFill(account, fill, { ...env, id });
  const booked = events.map((event) =>
    event.type === "FillApplied"
      ? { ...event, trade: { ...event.trade, allocatedFrom: from.tradeId } }
      : event,
  );
  return { events: booked, effects, reply };
}

function conclude({ from, allocationId }: TakeAllocation, refusal: string | null): Effect {
  const { portfolioId, tradeId } = from;
  const command: AfterTradeCommand = {
    type: "ConcludeAllocation",
    tradeId,
    allocationId,
    refusal,
  };
  return { kind: "tell", to: { type: "portfolio", id: portfolioId }, command };
}

/** Units of the base currency for one of the trade's. */
function heardRate(account: Account, { trade, board }: TakeAllocation): string | undefined {
  return board?.rates[trade.currency] ?? get(account.foreign, trade.currency)?.lastRate;
}

function whyNot(account: Account, command: TakeAllocation): string | null {
  const { trade, multiplier, board } = command;
  const { opening, status } = account;
  if (opening.tenantId !== trade.tenantId) return "it is of another tenant";
  if (status === "closed") return "the portfolio is closed";
  const { currency } = trade;
  if (!allowsCurrency(opening, currency))
    return `the portfolio is kept in ${allowedCurrencies(opening)}`;
  if (currency !== opening.baseCurrency && heardRate(account, command) === undefined)
    return `nobody knows what ${currency} is worth in ${opening.baseCurrency}`;
  // Where positions stand side by side the part becomes one of its own.
  const key = opening.accounting === "hedging" ? trade.orderId : trade.symbol;
  if (opening.margin !== undefined)
    return whyUncovered(account, opening.margin, { ...trade, key, multiplier }, board);
  const [can, needs] =
    trade.side === "buy"
      ? [
          dec(freeIn(account, currency)),
          dec(trade.quantity).times(trade.price).times(multiplier).plus(trade.fees),
        ]
      : [freeUnits(account, key), dec(trade.quantity)];
  return can.lessThan(needs) ? `it takes ${text(needs)}, and ${text(can)} is free` : null;
}

function asFill({
  trade,
  multiplier,
}: TakeAllocation): Extract<PortfolioCommand, { type: "ApplyFill" }> {
  return {
    type: "ApplyFill",
    report: {
      execType: "trade",
      execId: trade.execId,
      venue: trade.venue,
      clOrdId: trade.orderId,
      orderId: trade.orderId,
      transactTimeMs: trade.executedAtMs,
      lastQty: trade.quantity,
      lastPx: trade.price,
      fees: trade.fees,
      currency: trade.currency,
      liquidity: trade.liquidity,
      settlementDate: trade.settlementDate,
    },
    symbol: trade.symbol,
    side: trade.side,
    multiplier,
  };
}
