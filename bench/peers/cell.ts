import type { Cell } from "../closed-loop.ts";
import type { Measured } from "../driven/contestant.ts";
import type { Driven } from "../driven/driven.ts";
import { commandPath, nthCommand } from "../driven/keys.ts";
import type { Keys } from "../driven/keys.ts";
import { load, postRequest } from "../orders-load.ts";
import type { Via } from "./entrants.ts";

export interface CheckedCell extends Cell {
  /** processor time of the contestant's process for a command, µs: what other loads of the machine disturb least */
  readonly cpuUs: number;
}

/**
 * Drives a contestant for a while, then compares its record with what was acknowledged.
 * @returns the figures, and the keys as they are now
 */
export async function runCell(
  driven: Driven,
  via: Via,
  keys: Keys,
  durationMs: number,
): Promise<{ readonly cell: CheckedCell; readonly keys: Keys }> {
  const cpuBefore = await driven.cpuMs();
  const measured = await (via === "process"
    ? driven.measure(keys, durationMs)
    : overHttp(driven, keys, durationMs));
  const cpuMs = (await driven.cpuMs()) - cpuBefore;
  const { perSecond, p50Ms, p99Ms, acknowledged, sent } = measured;
  const after = { ...keys, sent };
  await driven.check(after);
  const cpuUs = Math.round((cpuMs * 1_000) / acknowledged);
  return { cell: { perSecond, p50Ms, p99Ms, cpuUs }, keys: after };
}

async function overHttp(
  driven: Driven,
  keys: Keys,
  durationMs: number,
): Promise<Pick<Measured, keyof Cell | "acknowledged" | "sent">> {
  const sent = [...keys.sent];
  const { answered, ...cell } = await load({
    url: driven.commandsUrl,
    connections: sent.length,
    durationMs,
    status: 200,
    requestOf: (caller) => {
      const n = sent[caller] ?? 0;
      sent[caller] = n + 1;
      const { key, commandId, command } = nthCommand(keys, caller, n);
      return postRequest({
        path: commandPath(keys.workload, key),
        idempotencyKey: commandId,
        body: JSON.stringify(command),
      });
    },
  });
  return { acknowledged: answered, ...cell, sent };
}
