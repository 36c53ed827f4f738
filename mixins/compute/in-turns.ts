import { setImmediate } from "node:timers/promises";
import type { Steps } from "../../domain/shared/steps.ts";

/** For so long steps follow each other; one takes about as long at most. */
const TURN_MS = 2;

/** Runs a computation on the event loop, some steps at a time: between them others have their turn. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let untilMs = performance.now() + TURN_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < untilMs) continue;
    await setImmediate();
    untilMs = performance.now() + TURN_MS;
  }
}
