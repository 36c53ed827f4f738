/** How much of the equity a position of a strategy takes. */
export interface SignalSizing {
  /**
   * `fixedFraction`: the fraction. `strengthScaled`: times the signal's strength. `confidenceScaled`: times what the confidence is better
   * than a coin, 2c − 1, nothing where it is not known or no better. `volatilityScaled`: times the target over the volatility of
   * the symbol, never more than the fraction.
   */
  readonly method: (typeof SIGNAL_SIZINGS)[number];
  /** of the equity, in (0, 1] */
  readonly fraction: string;
  /** of `volatilityScaled`: deviation of the log return of one bar */
  readonly targetVolatility?: number;
  /** of `volatilityScaled`: bars that the symbol's is measured by */
  readonly volatilityPeriod?: number;
}

export const SIGNAL_SIZINGS = [
  "fixedFraction",
  "strengthScaled",
  "confidenceScaled",
  "volatilityScaled",
] as const;

export interface SizedBy {
  readonly strength: number;
  readonly confidence: number | null;
  /** deviation of the log return of one bar; null where it is not known */
  readonly volatility: number | null;
  /** the share of a leg of a pair, 1 of a signal that stands alone */
  readonly weight: number;
}

/** Parts of the equity are told to a millionth, rounded down. */
const UNITS = 1_000_000;

/**
 * The fraction of the equity that the position shall take, in (0, 1].
 * @returns null when it shall take none: the signal is too weak, or what sizes it is not known
 */
export function fractionFor(sizing: SignalSizing, by: SizedBy): string | null {
  const scale = scaleOf(sizing, by);
  if (scale === 1 && by.weight === 1) return sizing.fraction;
  const units = Math.floor(Number(sizing.fraction) * scale * Math.min(by.weight, 1) * UNITS);
  return units > 0 ? (units / UNITS).toFixed(6) : null;
}

function scaleOf(sizing: SignalSizing, { strength, confidence, volatility }: SizedBy): number {
  switch (sizing.method) {
    case "fixedFraction":
      return 1;
    case "strengthScaled":
      return strength;
    case "confidenceScaled":
      return confidence === null ? 0 : Math.max(0, 2 * confidence - 1);
    case "volatilityScaled":
      if (volatility === null || !(volatility > 0)) return 0;
      return Math.min(1, (sizing.targetVolatility ?? 0) / volatility);
  }
}
