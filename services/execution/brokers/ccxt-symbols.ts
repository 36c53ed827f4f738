import type { Json } from "../../../domain/shared/json.ts";

/** Between our symbols and ccxt's: `BTC-USDT` is `BTC/USDT` on a spot market, and `BTC/USDT:USDT` among contracts. */
export class CcxtSymbols {
  readonly #theirs: ReadonlyMap<string, string>;
  readonly #ours: ReadonlyMap<string, string>;
  readonly #isSpot: boolean;

  /** @param settings of an account, as `checkCcxtSettings` has found them good */
  constructor(settings: { readonly [name: string]: Json }, marketType: string) {
    const pairs = Object.entries(asTable(settings["symbols"]));
    this.#theirs = new Map(pairs);
    this.#ours = new Map(pairs.map(([ours, theirs]) => [theirs, ours]));
    this.#isSpot = marketType === "spot";
  }

  /** Whether there is such a market is for the exchange to say. */
  theirs(symbol: string): string {
    const named = this.#theirs.get(symbol);
    if (named !== undefined) return named;
    const pair = symbol.replace("-", "/");
    const quote = pair.split("/")[1];
    return this.#isSpot || quote === undefined || quote.includes(":") ? pair : `${pair}:${quote}`;
  }

  ours(symbol: string): string {
    const named = this.#ours.get(symbol);
    if (named !== undefined) return named;
    const [pair = "", settle] = symbol.split(":");
    // What settles in something else than its quote needs a name of its own, or two markets would share one.
    const isPlain = settle === undefined || pair.endsWith(`/${settle}`);
    return isPlain ? pair.replace("/", "-") : symbol;
  }
}

function asTable(value: Json | undefined): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([ours, theirs]: [string, unknown]) =>
      typeof theirs === "string" ? [[ours, theirs]] : [],
    ),
  );
}
