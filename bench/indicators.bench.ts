import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { catalogue } from "../domain/features/catalogue.ts";
import { COMPARED, LIBRARIES } from "./indicators/contestants.ts";
import { BATCHED, OURS, type Timing } from "./indicators/timed.ts";
import type { BenchReport } from "./run.ts";
import { round } from "./support.ts";

const TARGET_NS = 60;

const run1 = promisify(execFile);
const TIMED = join(import.meta.dirname, "indicators", "timed.ts");

/** In a fresh process. */
async function time(contestant: string, feature: string, updates: number): Promise<Timing> {
  const { stdout } = await run1(process.execPath, [TIMED, contestant, feature, String(updates)]);
  // sound: what timed.ts prints
  return JSON.parse(stdout) as Timing;
}

/** @throws Error where a library that shares our definition ends at another value */
function check(library: string, feature: string, own: Timing, theirs: Timing): void {
  const tolerance = LIBRARIES[library]?.[feature]?.tolerance ?? null;
  if (tolerance === null) return;
  const [expected, found] = [own.value ?? Number.NaN, theirs.value ?? Number.NaN];
  if (Math.abs(found - expected) <= tolerance * Math.abs(expected)) return;
  throw new Error(`${library} ${feature}: expected ${expected}, found ${found}`);
}

interface Row {
  readonly own: Timing;
  readonly theirs: { readonly [library: string]: number };
}

/** All contestants of one indicator, one after the other. */
async function race(feature: string, updates: number): Promise<Row> {
  const own = await time(OURS, feature, updates);
  const theirs: Record<string, number> = {};
  for (const library of Object.keys(LIBRARIES)) {
    const timing = await time(library, feature, updates);
    check(library, feature, own, timing);
    theirs[library] = round(timing.nsPerUpdate, 1);
  }
  const batch = await time(BATCHED, feature, updates);
  theirs[BATCHED] = round(batch.nsPerUpdate, 1);
  return { own, theirs };
}

function print(feature: string, { own, theirs }: Row): void {
  const others = Object.values(theirs).map((ns) => ns.toFixed(1).padStart(22));
  const size = String(own.stateBytes).padStart(8);
  console.log(feature.padEnd(34) + own.nsPerUpdate.toFixed(1).padStart(8) + size + others.join(""));
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const updates = isQuick ? 100_000 : 500_000;
  const names = [...Object.keys(LIBRARIES), `${BATCHED} (batch)`];
  console.log(
    `ns of processor time an update, bytes of state; daily bars of the S&P 500, repeated`,
  );
  console.log(
    "".padEnd(34) +
      "ours".padStart(8) +
      "bytes".padStart(8) +
      names.map((n) => n.padStart(22)).join(""),
  );
  const ns: Record<string, number> = {};
  const stateBytes: Record<string, number | null> = {};
  const reference: Record<string, unknown> = {
    what: `ns of processor time an update of streaming libraries, the same last value checked where definitions agree; ${BATCHED} has batches only: ns a bar`,
  };
  let ratio = Infinity;
  const rest = isQuick
    ? []
    : catalogue().map(({ name, defaults }) => [name, ...defaults].join("_"));
  const compared = isQuick ? COMPARED.slice(0, 4) : COMPARED;
  for (const feature of new Set([...compared, ...rest])) {
    const isRaced = COMPARED.includes(feature);
    const row = isRaced
      ? await race(feature, updates)
      : { own: await time(OURS, feature, updates / 4), theirs: {} };
    print(feature, row);
    ns[feature] = round(row.own.nsPerUpdate, 1);
    stateBytes[feature] = row.own.stateBytes;
    if (!isRaced) continue;
    reference[feature] = row.theirs;
    const fastest = Math.min(...Object.keys(LIBRARIES).map((library) => row.theirs[library] ?? 0));
    ratio = Math.min(ratio, fastest / row.own.nsPerUpdate);
  }
  // The worst of the indicators, against the fastest library that takes bars one by one.
  return {
    name: "indicators",
    figures: { target: { nsPerUpdate: TARGET_NS }, nsPerUpdate: ns, stateBytes },
    reference,
    ratio: round(ratio),
  };
}
