import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 90_000;
const PAUSE_MS_MIN = 10;
/** What is waited for is done by the process that is asked, on as many cores: most of its time is left to it. */
const PAUSES_PER_ANSWER = 4;

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
    const askedAtMs = Date.now();
    const answer = await ask();
    if (answer !== null) return answer;
    const nowMs = Date.now();
    if (nowMs > giveUpAtMs) throw new Error(`waited in vain for ${what}`);
    await sleep(Math.max(PAUSE_MS_MIN, PAUSES_PER_ANSWER * (nowMs - askedAtMs)));
  }
}
