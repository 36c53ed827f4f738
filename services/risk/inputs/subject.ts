import { completeRows } from "../../../domain/risk/covariance/estimate.ts";
import type { Missing } from "../../../domain/risk/history/align.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readBook } from "./read-book.ts";
import { readReturns } from "./read-returns.ts";
import { type Book, cashName, type HoldingAsked } from "./types.ts";

/** What a question about returns may be asked of; exactly one of the forms is there. */
export interface SubjectAsked {
  readonly returns?: readonly number[] | undefined;
  /** null: missing */
  readonly assets?: { readonly [name: string]: readonly (number | null)[] } | undefined;
  /** what to do about what is missing of `assets`; absent: refuse */
  readonly missing?: Missing | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly portfolioId?: string | undefined;
  readonly positions?: readonly HoldingAsked[] | undefined;
  /** of assets and symbols, in their order; absent: equal */
  readonly weights?: readonly number[] | undefined;
  readonly lookback?: number | undefined;
  readonly currency?: string | undefined;
  /**
   * Weights of a book that is worth nothing, as a hedged one may be, are its values in money, and one in which nothing moves
   * has no names at all; absent: both are refused.
   */
  readonly mayBeDegenerate?: true;
}

/** Returns of names over common periods, and how much of each is held. */
export interface Subject {
  readonly names: readonly string[];
  /** one a name, oldest first, finite; NaN only where `pairwise` was asked for */
  readonly columns: readonly Float64Array[];
  /** fractions of the book's value, cash of its own currency left out (of one that is worth nothing, money); null of bare returns */
  readonly weights: Float64Array | null;
  /** when the day of each return began, epoch ms; null where the caller gave returns */
  readonly timesMs: Float64Array | null;
  readonly book: Book | null;
  readonly sampleSize: number;
  readonly source: string;
}

/** A year of trading days. */
const LOOKBACK = 252;

/**
 * The returns that a question is about: as given, or of stored bars in the book's currency.
 * @throws RestError 404; 422 where series differ in length, or too little is stored
 */
export async function subjectOf(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext,
  asked: SubjectAsked,
): Promise<Subject> {
  if (asked.returns !== undefined)
    return { ...given({ portfolio: asked.returns }, null), weights: null };
  if (asked.assets !== undefined) return withoutGaps(asked.assets, asked);
  if (asked.symbols !== undefined) return stored(ctx, asked.symbols, asked);
  return ofBook(ctx, await readBook(node, access, ctx, bookAsked(asked)), asked);
}

function bookAsked({ portfolioId, positions, currency }: SubjectAsked) {
  if (portfolioId !== undefined) return { portfolioId };
  return { positions: positions ?? [], ...(currency !== undefined && { currency }) };
}

/** @throws RestError 422 naming what lacks a return, where that is refused, or where too few rows are whole */
function withoutGaps(
  assets: { readonly [name: string]: readonly (number | null)[] },
  { weights, missing = "refuse" }: SubjectAsked,
): Subject {
  const subject = given(assets, weights ?? null);
  const gap = subject.columns.findIndex((column) => column.some(Number.isNaN));
  if (gap < 0 || missing === "pairwise") return subject;
  if (missing === "refuse")
    throw unprocessable([
      {
        path: `assets.${subject.names[gap]}`,
        code: "INVALID_VALUE",
        message: "lacks a return: say with missing what is to be done about it",
      },
    ]);
  const columns = completeRows(subject.columns);
  const sampleSize = columns[0]?.length ?? 0;
  if (sampleSize === 0) throw insufficientData("no period has a return of every asset");
  return { ...subject, columns, sampleSize, source: "returns as given, periods that all have" };
}

function given(
  assets: { readonly [name: string]: readonly (number | null)[] },
  weights: readonly number[] | null,
): Subject {
  const names = Object.keys(assets);
  const columns = Object.values(assets).map((values) =>
    Float64Array.from(values, (value) => value ?? Number.NaN),
  );
  const length = columns[0]?.length ?? 0;
  const odd = columns.findIndex((column) => column.length !== length);
  if (odd >= 0)
    throw unprocessable([
      {
        path: `assets.${names[odd]}`,
        code: "INVALID_VALUE",
        message: `must have ${length} returns as ${names[0]} has, found ${columns[odd]?.length}`,
      },
    ]);
  return {
    names,
    columns,
    weights: weightsOf(weights, names),
    timesMs: null,
    book: null,
    sampleSize: length,
    source: "returns as given",
  };
}

async function stored(
  ctx: RequestContext,
  symbols: readonly string[],
  { lookback = LOOKBACK, weights, currency }: SubjectAsked,
): Promise<Subject> {
  const asked = { symbols, lookback, ...(currency !== undefined && { currency }) };
  const { names, columns, timesMs, sampleSize, source } = await readReturns(ctx, asked);
  return {
    names,
    columns,
    weights: weightsOf(weights ?? null, names),
    timesMs,
    book: null,
    sampleSize,
    source,
  };
}

async function ofBook(
  ctx: RequestContext,
  book: Book,
  { lookback = LOOKBACK, mayBeDegenerate }: SubjectAsked,
): Promise<Subject> {
  if (isRiskless(book)) {
    if (mayBeDegenerate !== undefined) return riskless(book);
    throw insufficientData("nothing is held whose returns could be measured");
  }
  if (!(book.value > 0) && mayBeDegenerate === undefined)
    throw insufficientData("the book is worth nothing, so that parts of it are not defined");
  return (await heldOf(ctx, book, lookback)).subject;
}

/** Nothing but cash of its own currency, if that. */
export function isRiskless({ lines, foreignCash }: Book): boolean {
  return lines.length === 0 && foreignCash.length === 0;
}

function riskless(book: Book): Subject {
  const { source } = book;
  const empty = { names: [], columns: [], weights: new Float64Array(0), timesMs: null };
  return { ...empty, book, sampleSize: 0, source };
}

/**
 * What is held, cash of other currencies after the positions.
 * @param benchmark a symbol whose returns on the same days are wanted beside it
 */
export async function heldOf(
  ctx: RequestContext,
  book: Book,
  lookback: number,
  benchmark?: string,
): Promise<{ readonly subject: Subject; readonly benchmark: Float64Array | null }> {
  const { lines, foreignCash, value, currency } = book;
  const held = lines.map(({ symbol }) => symbol);
  const symbols = [...new Set([...held, ...(benchmark === undefined ? [] : [benchmark])])];
  const cashOf = foreignCash.map((one) => one.currency);
  const history = await readReturns(ctx, { symbols, cashOf, lookback, currency });
  const columnOf = new Map(history.names.map((name, i) => [name, history.columns[i]] as const));
  const names = [...held, ...cashOf.map(cashName)];
  const values = [...lines, ...foreignCash].map((one) => one.value);
  const subject: Subject = {
    names,
    columns: names.flatMap((name) => columnOf.get(name) ?? []),
    weights: Float64Array.from(values, (one) => one / (value > 0 ? value : 1)),
    timesMs: history.timesMs,
    book,
    sampleSize: history.sampleSize,
    source: `${book.source}; ${history.source}`,
  };
  return {
    subject,
    benchmark: benchmark === undefined ? null : (columnOf.get(benchmark) ?? null),
  };
}

function weightsOf(weights: readonly number[] | null, names: readonly string[]): Float64Array {
  if (weights === null) return new Float64Array(names.length).fill(1 / names.length);
  if (weights.length === names.length) return Float64Array.from(weights);
  const message = `must have one for each of ${names.length} names, found ${weights.length}`;
  throw unprocessable([{ path: "weights", code: "INVALID_VALUE", message }]);
}

/** The returns of the whole: Σ weight × return, its weights kept as they are now. */
export function whole({ columns, weights, sampleSize }: Subject): Float64Array {
  const [only] = columns;
  if (weights === null && only !== undefined) return only;
  const sums = new Float64Array(sampleSize);
  for (const [i, column] of columns.entries())
    for (let t = 0; t < sampleSize; t += 1)
      sums[t] = (sums[t] ?? 0) + (weights?.[i] ?? 0) * (column[t] ?? 0);
  return sums;
}
