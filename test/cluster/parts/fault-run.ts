import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../../mixins/actor/ids.ts";
import type { Violation } from "../check/check.ts";
import { LedgerWatch } from "../check/quiet.ts";
import { type Witnessed, witnessed } from "../check/read-evidence.ts";
import type { Ended, History } from "../load/history.ts";
import type { Options } from "../options.ts";
import { percentiles, table } from "../report.ts";
import { wiresOf } from "../world/links.ts";
import { type Stage, availableFaults } from "./faults.ts";
import { type PlannedFault, makePlan } from "./plan.ts";
import { type World, openWorld } from "./stage.ts";
import { judgeWork, prepareWork } from "./work.ts";

const CLIENTS = 16;
/** A repair that takes longer is told as a failure of its own, and the run goes on. */
const REPAIR_MS = 90_000;

interface Struck extends PlannedFault {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly trouble: string | null;
}

export interface FaultResult {
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly acknowledgedOrders: number;
  readonly fills: number;
  readonly ordersOutside: number;
  /** orders that were sent to the broker outside more than once, under the same id */
  readonly resent: number;
  readonly givenUp: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly stale: number;
  readonly ledger: number;
  readonly record: number;
  readonly unfinished: number;
  readonly ledgerLooks: number;
  readonly witnessed: Witnessed;
  readonly unexpectedEnds: number;
  readonly troubles: readonly string[];
  readonly isGood: boolean;
}

/** A cluster under load while one fault follows another; then quiet, and the question what was lost. */
export async function runFaults(options: Options): Promise<FaultResult> {
  const world = await openWorld(options, "faults", {
    nodes: options.nodes,
    portfoliosPerNode: 4,
    symbolsPerNode: 2,
    hasBroker: true,
  });
  try {
    return await strikeAll(options, world);
  } finally {
    await world.close();
  }
}

async function strikeAll(options: Options, world: World): Promise<FaultResult> {
  const { cluster, random, broker } = world;
  const { kinds, missing } = await availableFaults(broker !== null);
  for (const [kind, reason] of Object.entries(missing))
    console.log(`not done: ${kind} (${reason})`);
  const plan = makePlan(
    Object.keys(kinds),
    options.faults,
    // Of its own, so that the same seed makes the same plan whatever came before.
    seededRandom(`${options.seed}/plan`),
  );
  const work = prepareWork(options, world, CLIENTS);
  const { history, workload } = work;
  const books = new LedgerWatch(cluster);
  books.start();
  workload.start();
  await sleep(2_000);
  const struck: Struck[] = [];
  for (const [i, planned] of plan.entries()) {
    const harm = kinds[planned.kind];
    if (harm === undefined) continue;
    const label = `${String(i + 1).padStart(3)}/${plan.length} ${planned.kind}, ${planned.ms} ms`;
    console.log(`${(history.nowMs / 1_000).toFixed(1).padStart(7)} s  ${label}`);
    history.note(label);
    struck.push(await strike({ cluster, broker, random }, harm, planned, history));
    await sleep(planned.restMs);
  }
  await heal(world);
  await sleep(2_000);
  const { violations, evidence } = await judgeWork(world, work, () => books.faults);
  await books.stop();
  console.log(`\n${table(rowsOf(struck, history.ended))}\n`);
  return {
    ...resultOf(plan, history.ended, violations),
    fills: evidence.brokerFills.length,
    ordersOutside: broker?.log().brokerOrders.length ?? 0,
    resent: broker?.resent ?? 0,
    ledgerLooks: books.looks,
    witnessed: await witnessed(cluster),
    unexpectedEnds: cluster.members.reduce((sum, member) => sum + member.unexpectedEnds, 0),
    troubles: struck.flatMap(({ trouble }) => (trouble === null ? [] : [trouble])),
  };
}

async function strike(
  stage: Stage,
  harm: (stage: Stage, ms: number) => Promise<void>,
  planned: PlannedFault,
  history: History,
): Promise<Struck> {
  const fromMs = history.nowMs;
  let trouble: string | null = null;
  try {
    await Promise.race([harm(stage, planned.ms), tooLong()]);
  } catch (error) {
    trouble = `${planned.kind}: ${String(error)}`;
    console.log(`           ${trouble}`);
  }
  return { ...planned, fromMs, untilMs: history.nowMs, trouble };
}

async function tooLong(): Promise<never> {
  await sleep(REPAIR_MS, null, { ref: false });
  throw new Error(`was not repaired within ${REPAIR_MS} ms`);
}

/** Whatever a fault left half repaired. */
async function heal({ cluster, broker }: World): Promise<void> {
  broker?.behave();
  for (const member of cluster.members) {
    for (const wire of wiresOf(member.links)) await wire.clear();
    member.thaw();
    await member.start();
  }
  try {
    await cluster.ready();
  } catch (error) {
    console.log(`the cluster did not come back as it was: ${String(error)}`);
  }
}

/** What clients noticed while each kind of fault lasted. */
function rowsOf(struck: readonly Struck[], history: readonly Ended[]) {
  const kinds = Map.groupBy(struck, ({ kind }) => kind);
  return [...kinds].map(([kind, faults]) => {
    const during = history.filter((ended) =>
      faults.some(({ fromMs, untilMs }) => ended.endedMs >= fromMs && ended.invokedMs <= untilMs),
    );
    const { p50, max } = percentiles(during.map(({ invokedMs, endedMs }) => endedMs - invokedMs));
    return {
      fault: kind,
      times: faults.length,
      commands: during.length,
      acknowledged: during.filter(({ outcome }) => outcome === "ok").length,
      repeated: during.filter(({ attempts }) => attempts > 1).length,
      "given up": during.filter(({ outcome }) => outcome === "info").length,
      "p50 ms": p50,
      "max ms": max,
    };
  });
}

function resultOf(
  plan: readonly PlannedFault[],
  history: readonly Ended[],
  violations: readonly Violation[],
) {
  const count = (kind: Violation["kind"]) =>
    violations.filter((violation) => violation.kind === kind).length;
  const kinds = Map.groupBy(plan, ({ kind }) => kind);
  const acknowledged = history.filter(({ outcome }) => outcome === "ok");
  return {
    faults: plan.length,
    faultsByKind: Object.fromEntries([...kinds].map(([kind, faults]) => [kind, faults.length])),
    acknowledged: acknowledged.length,
    acknowledgedOrders: acknowledged.filter(({ kind }) => kind === "order").length,
    givenUp: history.filter(({ outcome }) => outcome === "info").length,
    lost: count("lost"),
    duplicated: count("duplicated"),
    stale: count("stale"),
    ledger: count("ledger"),
    record: count("record"),
    unfinished: count("unfinished"),
    isGood: violations.length === 0,
  };
}
