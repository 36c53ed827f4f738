import { join } from "node:path";
import { type Violation, check } from "../check/check.ts";
import type { Evidence, Fault } from "../check/evidence.ts";
import { untilBooked, untilQuiet } from "../check/quiet.ts";
import { readEvidence } from "../check/read-evidence.ts";
import { History } from "../load/history.ts";
import { Workload } from "../load/workload.ts";
import type { Options } from "../options.ts";
import { show } from "./show.ts";
import type { World } from "./stage.ts";

/** After the first quiet, for what the last quotes led to. */
const LAST_MS = 60_000;

export interface Work {
  readonly history: History;
  readonly workload: Workload;
}

/**
 * @param clients how many work at once; 0: whoever asks does it by himself
 * @param urls of the gateways that clients know; absent: all
 */
export function prepareWork(
  options: Options,
  world: World,
  clients: number,
  urls?: () => readonly string[],
): Work {
  const { cluster, desk, random } = world;
  const history = new History(join(cluster.directory, "history.jsonl"));
  const workload = new Workload({
    history,
    clients: Array.from({ length: clients }, () => desk.client(urls)),
    portfolios: desk.portfolios,
    symbols: desk.symbols,
    rate: options.rate,
    random,
    amends: true,
    prefix: `o-${options.seed}`,
  });
  return { history, workload };
}

/**
 * Ends the work, waits for quiet, and holds what clients saw against what is on record.
 * @param seen what was seen to be wrong with the books in the meantime
 */
export async function judgeWork(
  { cluster, broker, closeMarket }: World,
  { history, workload }: Work,
  seen: () => readonly Fault[] = () => [],
): Promise<{ readonly violations: readonly Violation[]; readonly evidence: Evidence }> {
  await workload.stop();
  await workload.resolve();
  await untilQuiet(cluster);
  // Only now: what waited for a fill has had its chance.
  await closeMarket();
  if (broker !== null) await untilBooked(cluster, broker);
  const unfinished = await untilQuiet(cluster, LAST_MS);
  await history.close();
  const evidence = await readEvidence(cluster, broker, unfinished);
  const ledgerFaults = [...evidence.ledgerFaults, ...seen()];
  const violations = check(history.ended, { ...evidence, ledgerFaults });
  show(violations);
  return { violations, evidence };
}
