import type { MarketClose } from "../../../domain/portfolio/equity-curve.ts";
import { DAYS_IN_TURN } from "../../../domain/portfolio/margin/financing.ts";
import type { DayMark, MarginCommand } from "../../../domain/portfolio/margin/messages.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { NodeContext } from "../../context.ts";
import { ratesOf } from "./board.ts";

const NAMESPACE = "5a0e9d43-2f7b-4c18-9b65-d08c417fe2a6";
const DAY_MS = 86_400_000;
/** How far before the first day a price is looked for: over a long weekend. */
const BEFORE_DAYS = 10;

/**
 * Has each portfolio charged for the days that its market has left behind: the market of what it traded last, and of what it
 * holds, so that a replay costs what the years that it replays did. Days that were missed, as nobody was here, are made up
 * for one by one, with the closes of those days.
 */
export class FinancingWatch {
  readonly #node: NodeContext;
  #times = new Map<string, number | null>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  async look(summaries: readonly PortfolioSummary[], isStopped: () => boolean): Promise<void> {
    this.#times = new Map();
    for (const summary of summaries) {
      if (isStopped()) return;
      await this.#lookAt(summary);
    }
  }

  /** One portfolio that cannot be charged does not keep the others from it. */
  async #lookAt(summary: PortfolioSummary): Promise<void> {
    const nextDay = summary.financing?.nextDay ?? null;
    if (nextDay === null) return;
    try {
      const marketMs = await this.#marketTime(summary);
      const ended = marketMs === null ? null : Math.floor(marketMs / DAY_MS) - 1;
      if (ended === null || ended < nextDay) return;
      await this.#accrue(summary, nextDay, Math.min(ended, nextDay + DAYS_IN_TURN - 1));
    } catch (err) {
      const { portfolioId } = summary;
      this.#node.log.warn({ err, portfolioId }, "a portfolio's days could not be charged");
    }
  }

  /** The newest of them; null while none is known. */
  async #marketTime({ financing, positions }: PortfolioSummary): Promise<number | null> {
    const symbols = [financing?.clockSymbol ?? null, ...positions.map(({ symbol }) => symbol)];
    let newest: number | null = null;
    for (const symbol of new Set(symbols)) {
      if (symbol === null) continue;
      const time = await this.#timeOf(symbol);
      if (time !== null && time > (newest ?? -Infinity)) newest = time;
    }
    return newest;
  }

  async #timeOf(symbol: string): Promise<number | null> {
    const known = this.#times.get(symbol);
    if (known !== undefined) return known;
    const time = await this.#node.broker.call<number | null, { symbol: string }>(
      "symbols.marketTime",
      { symbol },
    );
    this.#times.set(symbol, time);
    return time;
  }

  async #accrue(summary: PortfolioSummary, firstDay: number, throughDay: number): Promise<void> {
    const { portfolioId } = summary;
    const shorts = [
      ...new Set(
        summary.positions
          .filter(({ quantity }) => dec(quantity).isNegative())
          .map(({ symbol }) => symbol),
      ),
    ];
    const command: MarginCommand = {
      type: "AccrueFinancing",
      throughDay,
      marks: (await Promise.all(shorts.map((symbol) => this.#marks(symbol, firstDay)))).flat(),
      borrowRates: await this.#borrowRates(shorts),
      rates: await ratesOf(this.#node.broker, summary),
    };
    await this.#node.actors.call({ type: "portfolio", id: portfolioId }, command, {
      commandId: uuidv5(NAMESPACE, `${portfolioId}:${firstDay}:${throughDay}`),
      // Days that were charged are passed over: repeats need no memory.
      isDeduplicated: false,
    });
  }

  /** The last close of each day. */
  async #marks(symbol: string, firstDay: number): Promise<readonly DayMark[]> {
    const sinceMs = (firstDay - BEFORE_DAYS) * DAY_MS;
    const closes = await this.#node.broker.call<readonly MarketClose[], unknown>(
      "market-data.closes",
      { symbol, sinceMs },
    );
    const byDay = new Map<number, MarketClose>();
    for (const close of closes) {
      // A bar that ends with the day is the day's.
      const day = Math.floor((close.closeMs - 1) / DAY_MS);
      const known = byDay.get(day);
      if (known === undefined || known.closeMs <= close.closeMs) byDay.set(day, close);
    }
    return [...byDay].map(([day, { close }]) => ({ symbol, day, price: close }));
  }

  async #borrowRates(symbols: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const rates: Record<string, string> = {};
    for (const symbol of symbols) rates[symbol] = await this.#borrowRate(symbol);
    return rates;
  }

  async #borrowRate(symbol: string): Promise<string> {
    const { instrument } = await this.#node.broker.call<
      { readonly instrument: Instrument | null },
      { symbol: string }
    >("symbols.marketView", { symbol });
    return instrument?.borrowRate ?? "0";
  }
}
