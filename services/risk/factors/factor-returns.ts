import { FACTORS_OF } from "../../../domain/risk/factors/models.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { readReturns } from "../inputs/read-returns.ts";
import type { Subject } from "../inputs/subject.ts";
import type { Explained } from "./explained.ts";

type Params = ActionMap["factors.explain"]["params"];

/**
 * The factors of a model beside what they explain: as given, or of stored bars over the days that all have.
 * @throws RestError 422 where given factors are of other periods, or too few days are stored of all
 */
export async function withFactors(
  ctx: RequestContext,
  asked: Subject,
  params: Params,
): Promise<Explained> {
  const symbols = params.factorSymbols ?? {};
  const { subject, bySymbol } = await onCommonDays(ctx, asked, Object.values(symbols), params);
  const byName = new Map<string, Float64Array>();
  for (const [name, values] of Object.entries(params.factors ?? {}))
    byName.set(name, given(name, values, subject.sampleSize));
  for (const [name, symbol] of Object.entries(symbols)) {
    const column = bySymbol.get(symbol);
    if (column !== undefined)
      byName.set(
        name,
        column.map((value) => value - params.riskFree),
      );
  }
  const names = FACTORS_OF[params.model] ?? [...byName.keys()];
  const columns = names.map((name) => byName.get(name) ?? new Float64Array());
  return { subject, factors: { names, columns } };
}

interface OnCommonDays {
  readonly subject: Subject;
  readonly bySymbol: ReadonlyMap<string, Float64Array>;
}

/** Factors of stored bars go with returns of stored bars: both are of the days that all have. */
async function onCommonDays(
  ctx: RequestContext,
  subject: Subject,
  symbols: readonly string[],
  params: Params,
): Promise<OnCommonDays> {
  if (symbols.length === 0) return { subject, bySymbol: new Map() };
  if (subject.timesMs === null)
    throw unprocessable([
      {
        path: "factorSymbols",
        code: "INVALID_VALUE",
        message: "have days, which given returns have not: give the factors too",
      },
    ]);
  if (params.factors !== undefined)
    throw unprocessable([
      {
        path: "factors",
        code: "INVALID_VALUE",
        message: "must be absent beside factorSymbols: nobody knows which days they are of",
      },
    ]);
  const currency = subject.book?.currency ?? params.currency;
  const all = [...new Set([...subject.names, ...symbols])];
  const asked = {
    symbols: all,
    lookback: subject.sampleSize,
    ...(currency !== undefined && { currency }),
  };
  const history = await readReturns(ctx, { ...asked, min: 3 });
  const column = (name: string) => {
    const found = history.columns[all.indexOf(name)];
    if (found === undefined) throw insufficientData(`no daily bars of ${name} are stored`);
    return found;
  };
  return {
    subject: {
      ...subject,
      columns: subject.names.map(column),
      timesMs: history.timesMs,
      sampleSize: history.sampleSize,
    },
    bySymbol: new Map(symbols.map((symbol) => [symbol, column(symbol)])),
  };
}

function given(name: string, values: readonly number[], count: number): Float64Array {
  if (values.length === count) return Float64Array.from(values);
  const message = `must have ${count} returns as what they explain, found ${values.length}`;
  throw unprocessable([{ path: `factors.${name}`, code: "INVALID_VALUE", message }]);
}
