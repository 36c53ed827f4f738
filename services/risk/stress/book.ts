import { estimateBeta, BETA_DAYS } from "../../../domain/risk/stress/estimate-beta.ts";
import type { PriceSeries } from "../../../domain/risk/history/align.ts";
import {
  type Beta,
  cashPosition,
  type StressPosition,
} from "../../../domain/risk/stress/position.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { PositionAsked } from "../../../mixins/rest/routes/risk-stress.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { rateNow } from "../inputs/rates.ts";
import { readBook } from "../inputs/read-book.ts";
import { type Book, type BookLine, cashName } from "../inputs/types.ts";

export type StressParams = ActionMap["stress.test"]["params"];

export interface StressBook {
  readonly book: Book;
  /** those of the book's lines, then cash of other currencies */
  readonly positions: readonly StressPosition[];
  /** of the book's own currency, which nothing moves */
  readonly cash: number;
  /** that betas were estimated against; null: it is not stored */
  readonly benchmark: string | null;
}

/** What a benchmark is unless one is asked for: the packaged index. */
const BENCHMARK = "SPX";

/**
 * What is held, with what it moves by.
 * @throws RestError 404; 422 where a price or a rate is not known, or a benchmark that was asked for is not stored
 */
export async function readStressBook(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<StressParams>,
): Promise<StressBook> {
  const { portfolioId, positions: asked = [], currency, benchmark } = ctx.params;
  const book = await readBook(
    node,
    access,
    ctx,
    portfolioId === undefined
      ? { positions: asked.map(holdingOf), ...(currency !== undefined && { currency }) }
      : { portfolioId },
  );
  const lines = await Promise.all(
    book.lines.map((line, i) => inItsCurrency(ctx, book, line, asked[i]?.currency, i)),
  );
  const betas = await betasOf(ctx, lines, asked, benchmark);
  const held = lines.map((line, i) => described(line, asked[i], betas.found.get(line.symbol)));
  const foreign = book.foreignCash.map(({ currency: of, value }) =>
    cashPosition(cashName(of), of, value),
  );
  const cash = foreign.reduce((left, one) => left - one.value, book.cash);
  const value = book.cash + lines.reduce((sum, line) => sum + line.value, 0);
  const positions = [...held, ...foreign];
  return { book: { ...book, lines, value }, positions, cash, benchmark: betas.benchmark };
}

function holdingOf({ symbol, quantity, value, price }: PositionAsked) {
  return {
    symbol,
    ...(quantity !== undefined && { quantity }),
    ...(value !== undefined && { value }),
    ...(price !== undefined && { price }),
  };
}

/** A currency that the caller names is that of a price which he names too; a value is in the book's currency whatever it is. */
async function inItsCurrency(
  ctx: RequestContext,
  { currency: base }: Book,
  line: BookLine,
  currency: string | undefined,
  i: number,
): Promise<BookLine> {
  if (currency === undefined || currency === line.currency) return line;
  if (line.instrument !== null) {
    const message = `must be ${line.instrument.currency}, which ${line.symbol} is in`;
    throw unprocessable([{ path: `positions[${i}].currency`, code: "INVALID_VALUE", message }]);
  }
  if (line.quantity === null) return { ...line, currency };
  const rate = await rateNow(ctx, currency, base);
  return { ...line, currency, rate, value: line.value * rate };
}

function described(
  line: BookLine,
  asked: PositionAsked | undefined,
  estimated: Beta | undefined,
): StressPosition {
  const { symbol, value, currency, instrument } = line;
  const given = asked?.beta === undefined ? null : { value: asked.beta, source: "given" };
  return {
    symbol,
    value,
    currency,
    assetClass: asked?.assetClass ?? instrument?.assetClass ?? null,
    sector: asked?.sector ?? instrument?.sector ?? null,
    beta: given ?? estimated ?? null,
    duration: asked?.duration ?? null,
    convexity: asked?.convexity ?? null,
    vega: asked?.vega ?? null,
  };
}

type Closes = PriceSeries | { readonly symbol: string; readonly problem: string };

/** Closes that are read for a beta: some days are not common. */
const CLOSES = 2 * (BETA_DAYS + 1);

async function betasOf(
  ctx: RequestContext,
  lines: readonly BookLine[],
  asked: readonly PositionAsked[],
  wanted: string | undefined,
): Promise<{ readonly found: ReadonlyMap<string, Beta>; readonly benchmark: string | null }> {
  const lacking = lines.filter(({ instrument }, i) => {
    const terms = asked[i];
    const isAlone = terms?.beta !== undefined || terms?.duration !== undefined;
    return instrument !== null && instrument.assetClass !== "fx" && !isAlone;
  });
  const symbols = [wanted ?? BENCHMARK, ...lacking.map(({ symbol }) => symbol)];
  const [benchmark, ...series] = await ctx.call<readonly Closes[], unknown>("closes.daily", {
    symbols,
    count: CLOSES,
  });
  if (benchmark === undefined || "problem" in benchmark) {
    if (wanted !== undefined)
      throw insufficientData(benchmark?.problem ?? `${wanted} is not stored`);
    return { found: new Map(), benchmark: null };
  }
  const found = series.flatMap((one) => {
    const beta = "problem" in one ? null : estimateBeta(one, benchmark);
    return beta === null ? [] : [[one.symbol, beta] as const];
  });
  return { found: new Map(found), benchmark: benchmark.symbol };
}
