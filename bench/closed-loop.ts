import { percentile, round } from "./support.ts";

export interface Cell {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Outcome extends Cell {
  readonly acknowledged: number;
}

/**
 * Callers in a closed loop: each sends its next command when the one before is durable; none is under way at the end.
 * @param halt ends it earlier
 */
export async function closedLoop(
  callers: number,
  durationMs: number,
  send: (caller: number, round: number) => Promise<unknown>,
  halt?: AbortSignal,
): Promise<Outcome> {
  const samples: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const isOver = (): boolean => performance.now() >= endMs || halt?.aborted === true;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; !isOver(); n++) {
        const sentMs = performance.now();
        await send(caller, n);
        samples.push(performance.now() - sentMs);
      }
    }),
  );
  return outcomeOf(samples, performance.now() - startMs);
}

/** @param samples how long each command took, ms; sorted in place */
export function outcomeOf(samples: number[], tookMs: number): Outcome {
  return {
    acknowledged: samples.length,
    perSecond: Math.round((samples.length * 1_000) / tookMs),
    p50Ms: round(percentile(samples, 50)),
    p99Ms: round(percentile(samples, 99)),
  };
}
