import {
  type DriftWindow,
  type FeatureDrift,
  featureDrift,
} from "../../../domain/ai/drift/feature-drift.ts";
import { type LossDrift, lossDrift } from "../../../domain/ai/drift/loss-drift.ts";
import { lossesByMoment } from "../../../domain/ai/metrics/diebold-mariano.ts";
import type { ScoredRows } from "../../../domain/ai/registry/common-rows.ts";
import { evidenceFrom } from "../../../domain/ai/training/evidence.ts";

type Losses = Pick<ScoredRows, "closeMs" | "loss">;

export interface DriftTask {
  /** of the version, as it is stored */
  readonly evidence: Uint8Array;
  readonly window: DriftWindow;
  /** what it was scored on live */
  readonly recent: Losses;
  readonly horizon: number;
  readonly seed: number;
}

export interface DriftFound {
  readonly features: readonly FeatureDrift[];
  readonly performance: LossDrift | null;
}

export function driftInThread(task: DriftTask): DriftFound {
  const { evidence, window, recent, horizon, seed } = task;
  const { reference, scored } = evidenceFrom(evidence);
  return {
    features: featureDrift(reference, window, seed),
    performance: lossDrift(byMoment(scored), byMoment(recent), { horizon, seed }),
  };
}

function byMoment({ closeMs, loss }: Losses): Float64Array {
  return lossesByMoment(Float64Array.from(closeMs), Float64Array.from(loss));
}
