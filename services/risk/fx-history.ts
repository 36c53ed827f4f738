import type { RateClose } from "../../domain/market/currency-pair.ts";
import type { InBase } from "../../domain/portfolio/currency/messages.ts";
import type { RateHistories } from "../../domain/portfolio/equity-curve.ts";
import type { PortfolioEvent } from "../../domain/portfolio/messages.ts";
import type { RequestContext } from "../../types/contracts.ts";

/** What the currencies of a portfolio were worth in its base currency since it had any of them. */
export async function rateHistories(
  ctx: RequestContext,
  events: readonly PortfolioEvent[],
): Promise<RateHistories> {
  const to = events.find((event) => event.type === "PortfolioOpened")?.baseCurrency;
  const histories = new Map<string, readonly RateClose[]>();
  if (to === undefined) return histories;
  for (const [from, sinceMs] of firstTimes(events)) {
    const asked = { from, to, sinceMs };
    const rates = await ctx.call<readonly RateClose[], unknown>("symbols.rateCloses", asked);
    histories.set(
      from,
      rates.filter(({ closeMs }) => closeMs >= sinceMs),
    );
  }
  return histories;
}

/** By currency: when the portfolio first had any of it, epoch ms on the market's clock. */
function firstTimes(events: readonly PortfolioEvent[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const event of events)
    for (const { currency } of sidesOf(event)) {
      const atMs = timeOf(event);
      first.set(currency, Math.min(atMs, first.get(currency) ?? atMs));
    }
  return first;
}

function sidesOf(event: PortfolioEvent): readonly InBase[] {
  if (event.type === "CurrencyConverted") return event.inBase;
  return "inBase" in event && event.inBase !== undefined ? [event.inBase] : [];
}

function timeOf(event: PortfolioEvent): number {
  if ("trade" in event) return event.trade.executedAtMs;
  return "effectiveAtMs" in event ? event.effectiveAtMs : Infinity;
}
