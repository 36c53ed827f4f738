import type { SignalDefinition } from "../../../domain/ai/signals/definition.ts";
import type { Verdict } from "../../../domain/ai/signals/verdict.ts";
import type { ConfidenceBasis } from "../../../models/signals.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";

/** What is asked, of which bar. */
export interface FindRequest {
  readonly tenantId: string;
  readonly definition: SignalDefinition;
  /** of a pair both, the first first; else one */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** the bar at whose close it is asked; absent: the newest that is closed */
  readonly startMs?: number;
}

/** What a definition says of one symbol at the close of one bar, before it is a signal. */
export interface Finding {
  readonly symbol: string;
  /** opening of the bar, epoch ms */
  readonly startMs: number;
  readonly verdict: Verdict;
  readonly weight: number;
  /** bars */
  readonly horizon: number;
  readonly confidence: Confidence;
  /** of a rule that is one model's */
  readonly model: { readonly modelId: string; readonly version: number } | null;
}

export interface Confidence {
  readonly confidence: number | null;
  readonly confidenceBasis: ConfidenceBasis | null;
  readonly sampleSize: number | null;
}

export const NO_CONFIDENCE: Confidence = {
  confidence: null,
  confidenceBasis: null,
  sampleSize: null,
};

/** A rate of too few signals is none, and says how few they are. */
export function byHitRate(found: {
  readonly rate: number | null;
  readonly sampleSize: number;
}): Confidence {
  const { rate, sampleSize } = found;
  return { confidence: rate, confidenceBasis: rate === null ? null : "hitRate", sampleSize };
}
