import { METRIC_NAMES, METRICS, type MetricName } from "./catalogue.ts";
import { type Convention, OVERRIDES, type Override } from "./conventions.ts";
import { deepest, type Drawdown } from "./drawdowns.ts";
import { NO_BENCHMARK } from "./benchmark-metrics.ts";
import { factsOf, type Finding, type Sample, TOO_FEW } from "./facts.ts";

export interface Measurement {
  /** null: the sample has no such statistic, and `undefinedMetrics` says why */
  readonly metrics: Readonly<Partial<Record<MetricName, number | null>>>;
  readonly undefinedMetrics: Readonly<Partial<Record<MetricName, string>>>;
  /** what the engine of the convention writes where there is no such statistic, and why there is none */
  readonly substitutedMetrics: Readonly<Partial<Record<MetricName, string>>>;
  /** the deepest first */
  readonly drawdowns: readonly Drawdown[];
  readonly count: number;
  /** periods that have a benchmark; null without one */
  readonly pairCount: number | null;
}

export interface Wanted {
  readonly convention: Convention;
  /** absent: all */
  readonly metrics?: readonly MetricName[] | undefined;
  readonly drawdowns: number;
}

const TOO_LARGE = "is beyond the range of double precision";

/**
 * Statistics of a sample of returns. Never NaN and never infinite: what cannot be told is null, with a reason.
 * @throws RangeError of no returns
 */
export function measure(sample: Sample, wanted: Wanted): Measurement {
  if (sample.returns.length === 0) throw new RangeError("expected returns, found none");
  const facts = factsOf(sample);
  const found = new Map<MetricName, number | null>();
  const missing = new Map<MetricName, string>();
  const substituted = new Map<MetricName, string>();
  for (const name of wanted.metrics ?? METRIC_NAMES) {
    const { formula, substitute }: Override = OVERRIDES[wanted.convention][name] ?? METRICS[name];
    const finding = checked(formula(facts));
    if (typeof finding === "number") found.set(name, finding);
    else if (substitute !== undefined && isOfTheSample(finding)) {
      found.set(name, substitute);
      substituted.set(name, finding);
    } else {
      found.set(name, null);
      missing.set(name, finding);
    }
  }
  return {
    metrics: Object.fromEntries(found),
    undefinedMetrics: Object.fromEntries(missing),
    substitutedMetrics: Object.fromEntries(substituted),
    drawdowns: deepest(facts.path.drawdowns, wanted.drawdowns),
    count: facts.count,
    pairCount: facts.pairs?.count ?? null,
  };
}

/** Not for want of data: an engine writes its own number only where its formula has none. */
function isOfTheSample(reason: string): boolean {
  return reason !== TOO_LARGE && reason !== TOO_FEW && reason !== NO_BENCHMARK;
}

/** −0 is 0 to whoever reads it. */
function checked(finding: Finding): Finding {
  if (typeof finding === "string") return finding;
  return Number.isFinite(finding) ? finding + 0 : TOO_LARGE;
}
