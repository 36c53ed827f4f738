/** What a portfolio was worth at an instant, after what came in or went out then. Money as float64: for statistics, not for books. */
export interface Valuation {
  /** epoch ms */
  readonly atMs: number;
  readonly value: number;
  /** external, at this instant: what owners put in, less what they took out; part of `value` */
  readonly flow: number;
  /** what it holds had no price near this instant: the value is not one to measure a return with */
  readonly isUnpriced?: true;
}

/** Money of owners that came or went where nothing was valued. */
export interface Flow {
  readonly atMs: number;
  /** signed: positive came in */
  readonly amount: number;
}

/** A period and its return; what owners put in or took out is none. */
export interface PeriodReturn {
  readonly fromMs: number;
  readonly toMs: number;
  /** simple, at least −1 */
  readonly value: number;
}

/**
 * Returns between neighbouring valuations, each cut at the flow with which it begins: value before the flow over value before
 * it, less 1. Linked they are the true time-weighted return (CIPM, GIPS 2020, provision 2.A.24), which no flow changes.
 * Where nothing was priced at a flow, the return to the next valuation that is priced is the modified Dietz one.
 * Nothing is told of what was not positive: a value at or below zero ends the series with −1, where one began with money.
 * @param valuations in order of time
 */
export function periodReturns(valuations: readonly Valuation[]): readonly PeriodReturn[] {
  const found: PeriodReturn[] = [];
  let before: Valuation | null = null;
  let passed: Valuation[] = [];
  for (const now of valuations) {
    if (before !== null && before.value > 0) {
      // The last one counts as it is: nothing comes after it.
      if (now.isUnpriced && now !== valuations.at(-1)) {
        passed.push(now);
        continue;
      }
      const value = Math.max(-1, returnOver(before, passed, now));
      found.push({ fromMs: before.atMs, toMs: now.atMs, value });
      if (value === -1) return found;
    }
    [before, passed] = [now, []];
  }
  return found;
}

/** @param passed valuations at flows without prices, between the two */
function returnOver(before: Valuation, passed: readonly Valuation[], now: Valuation): number {
  if (passed.length === 0) return (now.value - now.flow) / before.value - 1;
  const flows = passed.map(({ atMs, flow }) => ({ atMs, amount: flow }));
  const end = { atMs: now.atMs, value: now.value - now.flow };
  const priced = [...passed, now].map(({ atMs, value, flow }) => ({ atMs, value, flow }));
  // Where more went out than the average capital was, what was known at the flows is better than nothing.
  return modifiedDietz(before, end, flows) ?? linked(periodReturns([before, ...priced]));
}

/**
 * The modified Dietz return of a period within which nothing was valued at the flows: gain over the capital that was there,
 * each flow weighted with the share of the period that it was there for (Dietz 1966; GIPS).
 * @returns null where the average capital is not positive
 */
export function modifiedDietz(
  start: Pick<Valuation, "atMs" | "value">,
  end: Pick<Valuation, "atMs" | "value">,
  flows: readonly Flow[],
): number | null {
  const spanMs = end.atMs - start.atMs;
  let [total, weighted] = [0, 0];
  for (const { atMs, amount } of flows) {
    total += amount;
    weighted += spanMs === 0 ? 0 : amount * ((end.atMs - atMs) / spanMs);
  }
  const capital = start.value + weighted;
  return capital > 0 ? (end.value - start.value - total) / capital : null;
}

/** Π(1 + r) − 1. */
export function linked(returns: readonly Pick<PeriodReturn, "value">[]): number {
  return Math.expm1(returns.reduce((sum, { value }) => sum + Math.log1p(value), 0));
}

/**
 * Returns of longer periods, made of those within.
 * @param keyOf the period to which an instant belongs, rising with time
 */
export function linkedBy<K>(
  returns: readonly PeriodReturn[],
  keyOf: (atMs: number) => K,
): readonly (PeriodReturn & { readonly key: K })[] {
  const groups: { readonly key: K; readonly parts: PeriodReturn[] }[] = [];
  for (const part of returns) {
    const key = keyOf(part.toMs);
    const last = groups.at(-1);
    if (last !== undefined && last.key === key) last.parts.push(part);
    else groups.push({ key, parts: [part] });
  }
  return groups.map(({ key, parts }) => ({
    key,
    fromMs: parts[0]?.fromMs ?? Number.NaN,
    toMs: parts.at(-1)?.toMs ?? Number.NaN,
    value: linked(parts),
  }));
}
