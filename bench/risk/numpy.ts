import { spawnSync } from "node:child_process";

/** Milliseconds of each round. */
export interface Rounds {
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
}

export interface NumPyAnswer {
  readonly version: string;
  /** X = Z·Lᵀ of all assets, then X·w */
  readonly matrix: Rounds;
  /** Z·(Lᵀ·w) */
  readonly linear: Rounds;
  readonly valueAtRisk: number;
}

const PROGRAM = `
import json, sys, time
import numpy as np
ask = json.load(sys.stdin)
lower = np.array(ask["lower"]); w = np.array(ask["weights"]); n, rounds = ask["paths"], ask["rounds"]
rng = np.random.default_rng(1)
def matrix():
    x = rng.standard_normal((n, len(w))) @ lower.T
    pnl = x @ w
    q = np.quantile(pnl, 1 - ask["confidence"])
    tail = pnl <= q
    return -q, -pnl[tail].mean(), -x[tail].mean(axis=0) * w
def linear():
    pnl = rng.standard_normal((n, len(w))) @ (lower.T @ w)
    q = np.quantile(pnl, 1 - ask["confidence"])
    return -q, -pnl[pnl <= q].mean()
def rounds_of(work):
    wall, cpu = [], []
    for _ in range(rounds):
        c, t = time.process_time(), time.perf_counter()
        found = work()
        wall.append((time.perf_counter() - t) * 1e3); cpu.append((time.process_time() - c) * 1e3)
    return {"wallMs": wall, "cpuMs": cpu}, float(found[0])
m, v = rounds_of(matrix)
l, _ = rounds_of(linear)
print(json.dumps({"version": np.__version__, "matrix": m, "linear": l, "valueAtRisk": v}))
`;

/** The same work in NumPy; null where this machine has none. @param threads of its BLAS; absent: as many as it likes */
export function askNumPy(question: object, threads?: number): NumPyAnswer | null {
  const env = {
    ...process.env,
    ...(threads !== undefined && { OPENBLAS_NUM_THREADS: String(threads) }),
  };
  const { status, stdout } = spawnSync("python3", ["-c", PROGRAM], {
    input: JSON.stringify(question),
    encoding: "utf8",
    env,
  });
  // sound: the program above prints it, and nothing else
  return status === 0 ? (JSON.parse(stdout) as NumPyAnswer) : null;
}
