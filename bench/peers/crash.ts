import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Driven } from "../driven/driven.ts";
import { newKeys } from "../driven/keys.ts";
import type { Keys } from "../driven/keys.ts";
import type { Running } from "./stage.ts";
import { restart } from "./stage.ts";

const CALLERS = 16;
const LOAD_MS = 700;
const RETRY_MS = 50;
const GIVE_UP_MS = 60_000;

export interface CrashResult {
  /** acknowledged before the kill */
  readonly acknowledged: number;
  /** under way at the kill, and sent again under the same ids until they were acknowledged */
  readonly repeated: number;
  /** from the kill until a process on the same data had acknowledged all of these: its start is most of it */
  readonly backMs: number;
}

/**
 * `kill -9` under load, a new process on the same data, and every command that had no answer sent again under its id.
 * @throws Error unless each command is on record exactly once
 */
export async function crash(running: Running): Promise<CrashResult> {
  const names = Array.from({ length: CALLERS }, () => randomUUID());
  const keys = newKeys("counter", names);
  const { driven } = running;
  const kill = new AbortController();
  const unanswered = names.map((_, caller) => sendUntilKilled(driven, keys, caller, kill.signal));
  await sleep(LOAD_MS);
  const killedMs = performance.now();
  kill.abort();
  driven.signal("SIGKILL");
  const sent = await Promise.all(unanswered);
  await restart(running);
  await Promise.all(sent.map((n, caller) => sendUntilTaken(running.driven, keys, caller, n)));
  const backMs = Math.round(performance.now() - killedMs);
  await running.driven.check({ ...keys, sent: sent.map((n) => n + 1) });
  return { acknowledged: sent.reduce((sum, n) => sum + n, 0), repeated: CALLERS, backMs };
}

/** @returns the number of the command that had no answer */
async function sendUntilKilled(
  driven: Driven,
  keys: Keys,
  caller: number,
  kill: AbortSignal,
): Promise<number> {
  for (let n = 0; ; n++) {
    try {
      await driven.sendNth(keys, caller, n);
    } catch (error) {
      if (!kill.aborted) throw error;
      return n;
    }
  }
}

async function sendUntilTaken(
  driven: Driven,
  keys: Keys,
  caller: number,
  n: number,
): Promise<void> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      await driven.sendNth(keys, caller, n);
      return;
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}
