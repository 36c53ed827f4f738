import { randomUUID } from "node:crypto";
import { loadavg } from "node:os";
import { newKeys } from "./driven/keys.ts";
import type { Keys } from "./driven/keys.ts";
import { WORKLOAD_NAMES } from "./driven/workloads.ts";
import { runCell } from "./peers/cell.ts";
import { crash } from "./peers/crash.ts";
import type { CrashResult } from "./peers/crash.ts";
import { peerVersions } from "./peers/install.ts";
import { printFigures, printGuarantees, ratios, settingOf, tabulate } from "./peers/report.ts";
import type { Series } from "./peers/report.ts";
import { openStage } from "./peers/stage.ts";
import type { Running, Stage } from "./peers/stage.ts";
import type { BenchReport } from "./run.ts";

interface Plan {
  /** each has a key of its own */
  readonly callers: readonly number[];
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly cellMs: number;
  /** contestants that are killed under load at the end */
  readonly killed: readonly string[];
}

const EVERYBODY = ["ours", "plain", "dbos", "effect", "restate"];
const FULL: Plan = {
  callers: [64, 256],
  rounds: 3,
  warmUpMs: 700,
  cellMs: 2_000,
  killed: EVERYBODY,
};
const QUICK: Plan = { callers: [16], rounds: 1, warmUpMs: 150, cellMs: 300, killed: ["ours"] };

/** A series, and where its keys stand. */
interface Course extends Series {
  readonly running: Running;
  keys: Keys;
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const plan = isQuick ? QUICK : FULL;
  const hostLoad = loadavg().map((load) => load.toFixed(1));
  const stage = await openStage();
  try {
    console.log(
      `durable commands, ours and others; ${stage.database.description}; ${plan.rounds} rounds of ${plan.cellMs / 1_000} s a cell; host load ${hostLoad.join(" ")}`,
    );
    for (const [name, why] of Object.entries(stage.absent)) console.log(`absent: ${name}: ${why}`);
    const courses = await runRounds(stage, plan);
    const crashes = await runCrashes(stage, plan.killed);
    const entrants = stage.running.map(({ entrant }) => entrant);
    printFigures(courses);
    printGuarantees(entrants, crashes);
    return await report(stage, courses, crashes);
  } finally {
    await stage.close();
  }
}

/** Every contestant in every setting, then everything again in another order: what else the machine does hits all alike. */
async function runRounds(stage: Stage, plan: Plan): Promise<readonly Course[]> {
  const courses = plan.callers.flatMap((callers) =>
    WORKLOAD_NAMES.flatMap((workload) =>
      stage.running.flatMap((running) =>
        running.entrant.via.map((via): Course => {
          const { entrant } = running;
          const names = Array.from({ length: callers }, () => randomUUID());
          const keys = newKeys(workload, names);
          return { entrant, via, workload, callers, cells: [], running, keys };
        }),
      ),
    ),
  );
  for (const course of courses) await step(course, plan.warmUpMs);
  for (const course of courses) course.cells.length = 0;
  for (let round = 0; round < plan.rounds; round++) {
    for (const course of rotated(courses, round)) await step(course, plan.cellMs);
    console.log(`round ${round + 1} of ${plan.rounds}: every record is as it was acknowledged`);
  }
  return courses;
}

async function step(course: Course, durationMs: number): Promise<void> {
  const { cell, keys } = await runCell(course.running.driven, course.via, course.keys, durationMs);
  course.keys = keys;
  course.cells.push(cell);
}

/** Odd rounds go backwards, so that nobody always follows the same one. */
function rotated(courses: readonly Course[], round: number): readonly Course[] {
  return round % 2 === 0 ? courses : courses.toReversed();
}

async function runCrashes(
  stage: Stage,
  names: readonly string[],
): Promise<Readonly<Record<string, CrashResult>>> {
  const results: Record<string, CrashResult> = {};
  for (const running of stage.running) {
    const { name } = running.entrant;
    if (names.includes(name)) results[name] = await crash(running);
  }
  return results;
}

async function report(
  { absent, running }: Stage,
  courses: readonly Course[],
  crashes: Readonly<Record<string, CrashResult>>,
): Promise<BenchReport> {
  const ours = courses.filter(({ entrant }) => entrant.name === "ours");
  const others = courses.filter(({ entrant }) => entrant.name !== "ours");
  const all = ratios(courses);
  const last = courses.at(-1);
  const inProcess = Object.entries(all[last === undefined ? "" : settingOf(last)] ?? {}).filter(
    ([title]) => title.endsWith("in process"),
  );
  return {
    name: "actors-peers",
    figures: { ...tabulate(ours), ratios: all, crashes },
    reference: {
      what: "the same decider and commands, in the same run, on the same PostgreSQL but for Restate; `ratio` is ours over the fastest of the others in process, orders, most callers",
      versions: await peerVersions(),
      absent,
      guarantees: Object.fromEntries(
        running.map(({ entrant }) => [entrant.name, entrant.guarantees]),
      ),
      ...tabulate(others),
    },
    ratio: Math.min(...inProcess.map(([, ratio]) => ratio)),
  };
}
