/**
 * A node without actors of its own that brings the market: one feed a symbol, by the same runner as every feed. Its quotes
 * go to the symbol's actor and to the venue's, wherever in the cluster these are. Run by node as it is.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FeedRunner } from "../../../services/data/feed-runner.ts";
import type { MarketSource, SourceRow } from "../../../services/data/feeds/feed.ts";
import { Market } from "../../../services/data/market.ts";
import { readConfig } from "../../../services/config.ts";
import { createLogger } from "../../../services/logging.ts";
import { startNode } from "../../../services/node.ts";
import { swing } from "./swings.ts";

const SIZE = "100000";

/** Quotes about a price that swings around 100, so that limits are reached again and again. */
class Swings implements MarketSource {
  readonly name = "swings";
  readonly #symbol: string;
  readonly #phase: number;

  constructor(symbol: string, phase: number) {
    this.#symbol = symbol;
    this.#phase = phase;
  }

  async *rows(after: number): AsyncGenerator<SourceRow> {
    let lastMs = 0;
    for (let row = after + 1; ; row++) {
      // Quotes of one millisecond would be one quote to the venue.
      while (Date.now() <= lastMs) await sleep(1);
      lastMs = Date.now();
      yield { row, event: { kind: "quote", quote: this.#quote(lastMs) } };
    }
  }

  #quote(nowMs: number) {
    const last = swing(nowMs, this.#phase);
    return {
      symbol: this.#symbol,
      bid: (last - 0.01).toFixed(2),
      ask: (last + 0.01).toFixed(2),
      bidSize: SIZE,
      askSize: SIZE,
      last: last.toFixed(2),
      lastSize: "1",
      tsEventMs: nowMs,
      tsInitMs: nowMs,
    };
  }
}

const { MARKET_SYMBOLS = "", ...environment } = process.env;
const config = readConfig(environment);
const log = createLogger({ level: config.logLevel, format: "json", nodeId: config.nodeId });
const node = await startNode({ config, log });
const market = new Market(node.context);
for (const [i, symbol] of MARKET_SYMBOLS.split(",").entries()) {
  await new FeedRunner(node.context, market, `swings-${symbol}`, new Swings(symbol, i)).start();
}
process.once("SIGTERM", () => process.exit(0));
