/** Of a rule that looks at one symbol: how many bars what it says is about. */
interface Timed {
  readonly horizon: number;
}

export interface Crossover extends Timed {
  readonly kind: "crossover";
  /** columns of the feature store */
  readonly fast: string;
  readonly slow: string;
}

export interface MeanReversion extends Timed {
  readonly kind: "meanReversion";
  /** `zscore`: deviations of the close from its average; `rsi`: points of the RSI from 50 */
  readonly variant: "zscore" | "rsi";
  readonly period: number;
  /** in the units of the variant, positive */
  readonly entry: number;
  readonly exit: number;
}

export interface Momentum extends Timed {
  readonly kind: "momentum";
  /** the return from `lookback` bars ago to `skip` bars ago */
  readonly lookback: number;
  readonly skip: number;
  /** bars of the volatility that it is measured by */
  readonly volatility: number;
  /** in deviations of such a return */
  readonly threshold: number;
}

export interface Breakout extends Timed {
  readonly kind: "breakout";
  /** bars of the channel that is broken out of, and of the narrower one that ends it */
  readonly entry: number;
  readonly exit: number;
}

export interface Pairs extends Timed {
  readonly kind: "pairs";
  /** bars of the regression */
  readonly window: number;
  /** in deviations of the spread */
  readonly entry: number;
  readonly exit: number;
}

export interface ModelRule {
  readonly kind: "model";
  readonly modelId: string;
  /** null: the champion */
  readonly version: number | null;
  /** probabilities of a classifier */
  readonly buyAbove: number;
  readonly sellBelow: number;
  /** what a round trip costs: a forecast return that is smaller is not acted upon, basis points */
  readonly costBps: number;
}

/** A rule that may vote. */
export type Voter = Crossover | MeanReversion | Momentum | Breakout | ModelRule;

export interface Member {
  readonly weight: number;
  readonly rule: Voter;
}

export interface Ensemble extends Timed {
  readonly kind: "ensemble";
  readonly members: readonly Member[];
  /** of the weighted lean, 0..1 */
  readonly threshold: number;
  /** share of the weights that must lean the same way, 0..1 */
  readonly agreement: number;
}

export type SignalDefinition = Voter | Pairs | Ensemble;

export const SIGNAL_KINDS = [
  "crossover",
  "meanReversion",
  "momentum",
  "breakout",
  "pairs",
  "model",
  "ensemble",
] as const satisfies readonly SignalDefinition["kind"][];
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** The models that a definition asks, each once. */
export function modelsOf(definition: SignalDefinition): readonly ModelRule[] {
  const rules =
    definition.kind === "ensemble" ? definition.members.map((m) => m.rule) : [definition];
  const asked = rules.filter((rule) => rule.kind === "model");
  return [...new Map(asked.map((rule) => [predictionKey(rule), rule])).values()];
}

/** Under which a moment holds what a model said. */
export function predictionKey({
  modelId,
  version,
}: Pick<ModelRule, "modelId" | "version">): string {
  return `${modelId}@${version ?? "champion"}`;
}

/** Bars that a signal is about; null: as many as the model's predictions. */
export function horizonOf(definition: SignalDefinition): number | null {
  return definition.kind === "model" ? null : definition.horizon;
}

/** What a signal names as its source. */
export function sourceOf(definition: SignalDefinition): string {
  switch (definition.kind) {
    case "crossover":
      return `crossover:${definition.fast}:${definition.slow}`;
    case "meanReversion":
      return `meanReversion:${definition.variant}_${definition.period}`;
    case "momentum":
      return `momentum:${definition.lookback}:${definition.skip}`;
    case "breakout":
      return `breakout:${definition.entry}:${definition.exit}`;
    case "pairs":
      return `pairs:${definition.window}`;
    case "model":
      return `model:${predictionKey(definition)}`;
    case "ensemble":
      return `ensemble:${definition.members.map(({ rule }) => rule.kind).join("+")}`;
  }
}
