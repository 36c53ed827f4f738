import { dieboldMariano, lossesByMoment } from "../metrics/diebold-mariano.ts";
import type { ModelDefinition } from "../model/definition.ts";
import type { TrainingReport } from "../training/terms.ts";
import { commonRows } from "./common-rows.ts";
import type { CommonRow, ScoredRows } from "./common-rows.ts";
import { tradingOf } from "./trading.ts";
import type { Trading } from "./trading.ts";

/** The chance of an error that is taken for being better. */
const P_MAX = 0.05;
/** Moments that both were scored at; fewer say nothing. */
const MOMENTS_MIN = 60;
/** Turnover may be a quarter more, and one change of the position in a hundred bars. */
const TURNOVER = { factor: 1.25, more: 0.01 };
/** The largest fall may be a tenth deeper, and one point. */
const DRAWDOWN = { factor: 1.1, more: 0.01 };

/** What is wrong where a check is not passed. */
type PromotionCode =
  | "NOT_SCORED"
  | "TARGET_DIFFERS"
  | "TOO_FEW_COMMON_ROWS"
  | "NOT_BETTER_THAN_BASELINE"
  | "NOT_BETTER_THAN_CHAMPION"
  | "TURNOVER_HIGHER"
  | "DRAWDOWN_DEEPER";

/** A condition of promotion. */
export interface PromotionCheck {
  readonly code: PromotionCode;
  readonly isPassed: boolean;
  readonly observed: number | null;
  readonly limit: number | null;
  readonly message: string;
}

export interface Contender {
  readonly definition: ModelDefinition;
  readonly baselines: TrainingReport["baselines"];
  /** null of one that was never scored, e.g. imported */
  readonly scored: ScoredRows | null;
}

/** What both were scored on while they predicted live, side by side. */
export interface LiveRows {
  readonly candidate: ScoredRows;
  readonly champion: ScoredRows;
}

/** What is asked of a version that is to become the champion: it may when every check is passed. */
export function promotionChecks(
  candidate: Contender,
  champion: Contender | null,
  live: LiveRows | null,
): readonly PromotionCheck[] {
  if (champion === null) return beatsBaselines(candidate);
  if (!isComparable(candidate.definition, champion.definition)) return [targetDiffers()];
  const lived = live === null ? [] : commonRows(live.candidate, live.champion);
  const isLive = momentsOf(lived) >= MOMENTS_MIN;
  // Nothing is known of how good the champion is: what comes after it has to be good by itself.
  if (champion.scored === null && !isLive) return beatsBaselines(candidate);
  if (candidate.scored === null && !isLive) return [notScored("the version")];
  const tested =
    candidate.scored === null || champion.scored === null
      ? []
      : commonRows(candidate.scored, champion.scored);
  return againstChampion(candidate.definition, isLive ? lived : tested, tested);
}

function notScored(who: string): PromotionCheck {
  const message = `${who} has no scores out of sample to compare`;
  return { code: "NOT_SCORED", isPassed: false, observed: 0, limit: MOMENTS_MIN, message };
}

function targetDiffers(): PromotionCheck {
  const message = "it predicts something else than the champion: their losses cannot be compared";
  return { code: "TARGET_DIFFERS", isPassed: false, observed: null, limit: null, message };
}

/** Losses have one unit only where the same is predicted. */
function isComparable(a: ModelDefinition, b: ModelDefinition): boolean {
  return a.kind === b.kind && a.timeframe === b.timeframe && textOf(a.target) === textOf(b.target);
}

function textOf(fields: object): string {
  return JSON.stringify(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function beatsBaselines({ baselines, scored }: Contender): readonly PromotionCheck[] {
  if (scored === null) return [notScored("the version")];
  if (baselines.length === 0) return [notScored("a baseline beside the version")];
  return baselines.map(({ name, dieboldMariano: test }) =>
    isBetter("NOT_BETTER_THAN_BASELINE", name, test),
  );
}

interface Test {
  readonly statistic: number;
  readonly pValue: number;
}

function isBetter(code: PromotionCode, rival: string, test: Test | null): PromotionCheck {
  const isLower = test !== null && test.statistic < 0;
  const isPassed = isLower && test.pValue < P_MAX;
  // A loss that is higher beyond chance has a small p as well: it is not what was asked for.
  const observed = test === null ? null : isLower ? test.pValue : 1;
  return { code, isPassed, observed, limit: P_MAX, message: described(rival, test) };
}

function described(rival: string, test: Test | null): string {
  if (test === null) return `against ${rival}: the losses do not differ, or are too few`;
  const { statistic, pValue } = test;
  const found = `Diebold–Mariano ${statistic.toFixed(2)}, p ${pValue.toPrecision(2)}`;
  return `against ${rival}: the loss is ${statistic < 0 ? "lower" : "not lower"}, ${found}`;
}

/**
 * @param rows   whose losses are compared: live ones where there are enough
 * @param tested of the validation, whose returns are known
 */
function againstChampion(
  { kind, target }: ModelDefinition,
  rows: readonly CommonRow[],
  tested: readonly CommonRow[],
): readonly PromotionCheck[] {
  const closes = Float64Array.from(rows, ({ closeMs }) => closeMs);
  const losses = (of: (row: CommonRow) => number) =>
    lossesByMoment(closes, Float64Array.from(rows, of));
  const mine = losses(({ loss }) => loss);
  const enough = enoughRows(mine.length);
  if (!enough.isPassed) return [enough];
  const { horizon } = target;
  const test = dieboldMariano(
    mine,
    losses(({ otherLoss }) => otherLoss),
    { horizon },
  );
  const trading = tradingOf(kind, tested, ({ prediction }) => prediction, horizon);
  const others = tradingOf(kind, tested, ({ otherPrediction }) => otherPrediction, horizon);
  return [
    enough,
    isBetter("NOT_BETTER_THAN_CHAMPION", "the champion", test),
    ...(trading === null || others === null ? [] : tradesNotWorse(trading, others)),
  ];
}

function momentsOf(rows: readonly CommonRow[]): number {
  return new Set(rows.map(({ closeMs }) => closeMs)).size;
}

function enoughRows(moments: number): PromotionCheck {
  return {
    code: "TOO_FEW_COMMON_ROWS",
    isPassed: moments >= MOMENTS_MIN,
    observed: moments,
    limit: MOMENTS_MIN,
    message: `both were scored at ${moments} moments`,
  };
}

function tradesNotWorse(mine: Trading, theirs: Trading): readonly PromotionCheck[] {
  return [
    notAbove(
      "TURNOVER_HIGHER",
      "turnover a bar",
      mine.turnover,
      allowed(theirs.turnover, TURNOVER),
    ),
    notAbove(
      "DRAWDOWN_DEEPER",
      "largest drawdown",
      mine.maxDrawdown,
      allowed(theirs.maxDrawdown, DRAWDOWN),
    ),
  ];
}

function allowed(value: number, { factor, more }: { factor: number; more: number }): number {
  return value * factor + more;
}

function notAbove(
  code: PromotionCode,
  what: string,
  observed: number,
  limit: number,
): PromotionCheck {
  const isPassed = observed <= limit;
  const message = `${what} ${observed.toPrecision(3)}, of the champion's at most ${limit.toPrecision(3)}`;
  return { code, isPassed, observed, limit, message };
}
