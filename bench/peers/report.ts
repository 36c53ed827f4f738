import { round } from "../support.ts";
import type { CheckedCell } from "./cell.ts";
import type { CrashResult } from "./crash.ts";
import type { Entrant, Via } from "./entrants.ts";
import type { WorkloadName } from "../driven/workloads.ts";

/** The rounds of one contestant in one setting. */
export interface Series {
  readonly entrant: Entrant;
  readonly via: Via;
  readonly workload: WorkloadName;
  readonly callers: number;
  readonly cells: CheckedCell[];
}

/** Medians over the rounds, and the slowest and fastest of them. */
export interface Figures extends CheckedCell {
  readonly slowest: number;
  readonly fastest: number;
}

function figuresOf({ cells }: Series): Figures {
  const perSecond = cells.map((cell) => cell.perSecond);
  return {
    perSecond: median(perSecond),
    slowest: Math.min(...perSecond),
    fastest: Math.max(...perSecond),
    p50Ms: median(cells.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(cells.map(({ p99Ms }) => p99Ms)),
    cpuUs: median(cells.map(({ cpuUs }) => cpuUs)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : round(((sorted[middle - 1] ?? Number.NaN) + upper) / 2);
}

function titleOf({ entrant, via }: Pick<Series, "entrant" | "via">): string {
  return `${entrant.name} ${via === "process" ? "in process" : "over HTTP"}`;
}

/** `counter256` and the like: a workload with so many callers, each with a key of its own. */
export function settingOf({ workload, callers }: Pick<Series, "workload" | "callers">): string {
  return workload + String(callers);
}

/** By setting and title. */
export function tabulate(
  series: readonly Series[],
): Readonly<Record<string, Readonly<Record<string, Figures>>>> {
  const table: Record<string, Record<string, Figures>> = {};
  for (const one of series) (table[settingOf(one)] ??= {})[titleOf(one)] = figuresOf(one);
  return table;
}

/** Ours over each of the others, which were driven the same way in the same setting. */
export function ratios(
  series: readonly Series[],
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const table: Record<string, Record<string, number>> = {};
  for (const one of series) {
    if (one.entrant.name === "ours") continue;
    const ours = series.find(
      (other) =>
        other.entrant.name === "ours" &&
        other.via === one.via &&
        settingOf(other) === settingOf(one),
    );
    if (ours === undefined) continue;
    const ratio = round(figuresOf(ours).perSecond / figuresOf(one).perSecond);
    (table[settingOf(one)] ??= {})[titleOf(one)] = ratio;
  }
  return table;
}

export function printFigures(series: readonly Series[]): void {
  for (const [setting, rows] of Object.entries(tabulate(series))) {
    console.log(`\n${setting}: commands/s (slowest–fastest round), p50, p99, CPU of its process`);
    for (const [title, row] of Object.entries(rows)) {
      const { perSecond, slowest, fastest, p50Ms, p99Ms, cpuUs } = row;
      console.log(
        `  ${title.padEnd(18)} ${String(perSecond).padStart(6)}/s ${`(${slowest}–${fastest})`.padEnd(14)} ` +
          `p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${cpuUs} µs each`,
      );
    }
  }
}

export function printGuarantees(
  entrants: readonly Entrant[],
  crashes: Readonly<Record<string, CrashResult>>,
): void {
  console.log("\nguarantees; deduplication was tried after every cell");
  for (const { name, guarantees } of entrants) {
    const { durable, deduplicates, singleWriter, keeps } = guarantees;
    console.log(`  ${name.padEnd(8)} answers after:  ${durable}`);
    console.log(`           deduplicates:   ${deduplicates}`);
    console.log(`           single writer:  ${singleWriter}`);
    console.log(`           keeps:          ${keeps}`);
    console.log(`           kill -9:        ${killed(crashes[name])}`);
  }
}

function killed(result: CrashResult | undefined): string {
  if (result === undefined) return "not tried";
  const { acknowledged, repeated, backMs } = result;
  return `tried: all ${acknowledged} acknowledged commands on record once, so are ${repeated} repeated ones; back after ${backMs} ms`;
}
