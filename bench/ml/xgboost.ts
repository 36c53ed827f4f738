import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabelledSample } from "../../domain/ai/learning/sample.ts";

/** Settings that both sides understand, and the rows to learn from: the first ones, the others are for the loss. */
export interface Question {
  readonly train: number;
  readonly rounds: number;
  readonly depth: number;
  readonly bins: number;
  readonly learningRate: number;
}

export interface XgboostAnswer {
  readonly version: string;
  readonly threads: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly logLoss: number;
}

const PROGRAM = `
import json, sys, time
import numpy as np
import xgboost as xgb
ask = json.load(sys.stdin)
x = np.fromfile(ask["x"]).reshape(-1, ask["columns"]); y = np.fromfile(ask["y"]); n = ask["train"]
cpu, wall = time.process_time(), time.perf_counter()
data = xgb.DMatrix(x[:n], label=y[:n], nthread=ask["threads"])
terms = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": ask["depth"], "eta": ask["learningRate"],
  "max_bin": ask["bins"], "nthread": ask["threads"], "base_score": y[:n].mean(), "min_child_weight": 1, "reg_lambda": 1,
  "gamma": 0, "seed": 1}
model = xgb.train(terms, data, ask["rounds"])
wall, cpu = (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3
p = model.predict(xgb.DMatrix(x[n:])).astype(float); t = y[n:]
loss = float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())
print(json.dumps({"version": xgb.__version__, "threads": ask["threads"], "wallMs": wall, "cpuMs": cpu, "logLoss": loss}))
`;

/** Debian installs it for its own python3, which need not be the first of the path. */
const INTERPRETERS = ["python3", "/usr/bin/python3"];

/** The same rows and settings in native XGBoost (Debian: python3-xgboost); null where this machine has none. */
export function askXgboost(
  { x, y }: LabelledSample,
  question: Question,
  threads: number,
): XgboostAnswer | null {
  const folder = mkdtempSync(join(tmpdir(), "qa-bench-"));
  const files = { x: join(folder, "x"), y: join(folder, "y") };
  writeFileSync(files.x, x.data);
  writeFileSync(files.y, y);
  const input = JSON.stringify({ ...question, ...files, columns: x.columns, threads });
  try {
    for (const python of INTERPRETERS) {
      const { status, stdout } = spawnSync(python, ["-c", PROGRAM], { input, encoding: "utf8" });
      // sound: the program above prints it, and nothing else
      if (status === 0) return JSON.parse(stdout) as XgboostAnswer;
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
