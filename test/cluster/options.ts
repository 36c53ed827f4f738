import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { Cleanup } from "./world/cleanup.ts";

export const PARTS = ["faults", "takeover", "rolling", "join", "nats-down", "stock"] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly nodes: number;
  readonly faults: number;
  /** of each kind of takeover */
  readonly trials: number;
  /** commands a second while faults happen */
  readonly rate: number;
  readonly seed: string;
  /** where logs and histories stay; null: nowhere */
  readonly outDir: string | null;
  readonly cleanup: Cleanup;
}

export const USAGE = `npm run test:cluster -- [options]
  --only PART[,PART]  of ${PARTS.join(", ")}; absent: all
  --faults N          how many faults (60)
  --nodes N           nodes of the cluster (4)
  --trials N          takeovers of each kind (30)
  --rate N            commands a second (40)
  --seed TEXT         of the plan and of the workload; printed
  --out DIRECTORY     keep logs and histories there`;

/** @throws Error saying what was expected */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      faults: { type: "string", default: "60" },
      nodes: { type: "string", default: "4" },
      trials: { type: "string", default: "30" },
      rate: { type: "string", default: "40" },
      seed: { type: "string", default: randomBytes(4).toString("hex") },
      out: { type: "string" },
    },
  });
  return {
    parts: values.only === undefined ? PARTS : values.only.split(",").map(partOf),
    nodes: atLeast(2, "nodes", values.nodes),
    faults: atLeast(1, "faults", values.faults),
    trials: atLeast(1, "trials", values.trials),
    rate: atLeast(1, "rate", values.rate),
    seed: values.seed,
    outDir: values.out ?? null,
    cleanup: new Cleanup(),
  };
}

function partOf(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (part === undefined) throw new Error(`--only: expected ${PARTS.join(", ")}, found ${name}`);
  return part;
}

function atLeast(least: number, name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name}: expected a whole number of ${least} or more, found ${text}`);
}
