import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 30_000;
const PAUSE_MS = 10;

/**
 * Asks until there is an answer other than null, and gives it.
 * @throws Error naming `what` when it never comes
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null> | T | null,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const giveUpAtMs = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain for ${what}`);
    await sleep(PAUSE_MS);
  }
}
