import { loadavg } from "node:os";
import type { Cell } from "./closed-loop.ts";
import { join, rollingRestart, steady, takeover } from "./cluster/changes.ts";
import type { Join, Rolling, Takeover } from "./cluster/changes.ts";
import { Fleet } from "./cluster/fleet.ts";
import { throughput } from "./cluster/throughput.ts";
import type { Throughput } from "./cluster/throughput.ts";
import type { BenchReport } from "./run.ts";
import { percentile, round } from "./support.ts";

interface Plan {
  /** sizes at which the cluster is measured; it grows to the last */
  readonly sizes: readonly number[];
  readonly cellMs: number;
  readonly isRolled: boolean;
  readonly kills: number;
  readonly freezes: number;
}

const FULL: Plan = { sizes: [1, 2, 4], cellMs: 1_500, isRolled: true, kills: 5, freezes: 3 };
const QUICK: Plan = { sizes: [1, 2], cellMs: 150, isRolled: false, kills: 1, freezes: 0 };

/** Everything that was measured, in order. */
interface Course {
  readonly sizes: Readonly<Record<string, Throughput>>;
  readonly joins: readonly Join[];
  readonly steadyMs: number;
  readonly rolling: Rolling | null;
  readonly takeovers: readonly Takeover[];
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const hostLoad = loadavg().map((load) => load.toFixed(1));
  const fleet = await Fleet.open();
  try {
    console.log(
      `counters on a cluster; ${fleet.database.description}; host load ${hostLoad.join(" ")}`,
    );
    return report(await runAll(fleet, isQuick ? QUICK : FULL));
  } finally {
    await fleet.close();
  }
}

async function runAll(fleet: Fleet, plan: Plan): Promise<Course> {
  const sizes: Record<string, Throughput> = {};
  const joins: Join[] = [];
  await fleet.start("n1");
  await fleet.untilSpread();
  for (const size of plan.sizes) {
    while (fleet.nodeIds.length < size)
      joins.push(told(await join(fleet, `n${fleet.nodeIds.length + 1}`), joinLine));
    sizes[`nodes${size}`] = told(await throughput(fleet, plan.cellMs), (cells) =>
      sizeLines(size, cells),
    );
  }
  const steadyMs = told(await steady(fleet), (ms) => `nothing changes: longest wait ${ms} ms`);
  const rolling = plan.isRolled ? told(await rollingRestart(fleet), rollingLine) : null;
  return { sizes, joins, steadyMs, rolling, takeovers: await takeovers(fleet, plan) };
}

async function takeovers(fleet: Fleet, { kills, freezes }: Plan): Promise<readonly Takeover[]> {
  const results: Takeover[] = [];
  for (let trial = 0; trial < kills + freezes; trial++) {
    const victim = fleet.nodeIds[trial % fleet.nodeIds.length] ?? "";
    const how = trial < kills ? "kill -9" : "SIGSTOP";
    results.push(told(await takeover(fleet, victim, how), takeoverLine));
  }
  return results;
}

function told<T>(result: T, lineOf: (result: T) => string): T {
  console.log(lineOf(result));
  return result;
}

function report({ sizes, joins, steadyMs, rolling, takeovers: all }: Course): BenchReport {
  const alone = sizes["nodes1"];
  const largest = Object.values(sizes).at(-1);
  return {
    name: "cluster",
    figures: {
      ...sizes,
      joins,
      rolling,
      takeovers: { "kill -9": summary(all, "kill -9"), SIGSTOP: summary(all, "SIGSTOP") },
      target: { pauseMs: 500, killP99Ms: 2_000, freezeP99Ms: 8_000, movedShare: "1/N" },
    },
    reference: {
      what: "one node in the same run; a call to an empty action of another node; the longest wait while nothing changes",
      nodes1: alone?.all,
      bare: largest?.bare,
      steadyMs,
    },
    ratio: round((largest?.all.perSecond ?? 0) / (alone?.all.perSecond ?? 1)),
  };
}

function summary(all: readonly Takeover[], how: Takeover["how"]): object | null {
  const trials = all.filter((trial) => trial.how === how);
  if (trials.length === 0) return null;
  const median = (of: (trial: Takeover) => number): number => percentile(trials.map(of), 50);
  return {
    trials: trials.length,
    medianMs: median(({ medianMs }) => medianMs),
    allMs: median(({ allMs }) => allMs),
    worstMs: Math.max(...trials.map(({ allMs }) => allMs)),
  };
}

function sizeLines(size: number, { all, local, remote, bare }: Throughput): string {
  return [
    `${size} node${size > 1 ? "s" : ""}: ${line(all)} (256 callers, all nodes)`,
    `  local    ${line(local)} (8 callers)`,
    ...(remote === null ? [] : [`  remote   ${line(remote)}`]),
    ...(bare === null ? [] : [`  bare call ${line(bare)}`]),
  ].join("\n");
}

function line({ perSecond, p50Ms, p99Ms }: Cell): string {
  return `${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`;
}

function joinLine({ nodes, movedShare, fairShare, tookMs, longestMs }: Join): string {
  return (
    `join of the ${nodes}. node: ${movedShare} of the keys moved (1/N: ${fairShare}), spread after ${tookMs} ms; ` +
    `longest wait ${longestMs.moved} ms on actors that moved, ${longestMs.stayed} ms on others`
  );
}

function rollingLine({ nodes, pauseMs, medianPauseMs, acknowledged, tookMs }: Rolling): string {
  return (
    `rolling restart of ${nodes} nodes in ${tookMs} ms: none of ${acknowledged} commands failed; ` +
    `pause ${pauseMs} ms at most, ${medianPauseMs} ms for half of the actors`
  );
}

function takeoverLine({ how, firstMs, medianMs, allMs }: Takeover): string {
  return `${how}: first actor back after ${firstMs} ms, half after ${medianMs} ms, all after ${allMs} ms`;
}
