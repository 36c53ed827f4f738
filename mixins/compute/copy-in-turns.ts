import { setImmediate } from "node:timers/promises";

/** A fraction of a millisecond of copying. */
const BYTES_A_TURN = 1_048_576;

/** Copies many megabytes while others have their turns; neither may change meanwhile. @param at where the first byte goes */
export async function copyInTurns(to: Uint8Array, from: Uint8Array, at: number): Promise<void> {
  for (let i = 0; i < from.length; i += BYTES_A_TURN) {
    if (i > 0) await setImmediate();
    to.set(from.subarray(i, i + BYTES_A_TURN), at + i);
  }
}
