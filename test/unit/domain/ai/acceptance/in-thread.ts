import type { TrainingInput, TrainingOutcome } from "../../../../../domain/ai/training/terms.ts";
import { systemClock } from "../../../../../mixins/clock.ts";
import { ComputePool } from "../../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../../mixins/metrics.ts";
import { trainInThread } from "../../../../../services/ai/training/train.ts";

/** A thread like a node's: numbers are crunched there ten times as fast as in Jest's sandbox, whose globals are looked up each time. */
export function onePool(): ComputePool {
  return new ComputePool(systemClock, new Metrics(), { threads: 1 });
}

export async function trainedIn(pool: ComputePool, input: TrainingInput): Promise<TrainingOutcome> {
  return trainInThread({ compute: pool }, input);
}
