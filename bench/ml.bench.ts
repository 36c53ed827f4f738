import { checkSameBytes, compareBoosting } from "./ml/boosting.ts";
import { measureLatency } from "./ml/latency.ts";
import { loopDelays } from "./ml/loop.ts";
import { predictionsOverHttp } from "./ml/over-http.ts";
import type { BenchReport } from "./run.ts";

/**
 * Our boosting beside native XGBoost's on the same rows at equal settings, in one thread each; and how long predictions take: in
 * process, in a thread, by ONNX Runtime in its process, over HTTP; and how late a node's event loop is while models are made.
 */
export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const sha256 = checkSameBytes();
  const compared = isQuick ? compareBoosting(20_000, 20, 20) : compareBoosting(200_000, 50, 100);
  console.log(
    `boosting: ours ${compared.figures.wallMs} ms (CPU ${compared.figures.cpuMs}), XGBoost ${compared.reference.one?.wallMs ?? "absent"} ms (CPU ${compared.reference.one?.cpuMs ?? "absent"}), log-loss ${compared.figures.logLoss} and ${compared.reference.one?.logLoss ?? "absent"}`,
  );
  // Threads and processes of a node do not keep it alive, and there is none here yet.
  const alive = setInterval(() => undefined, 1_000);
  const latency = await measureLatency(isQuick);
  clearInterval(alive);
  console.log(`latency, µs: ${JSON.stringify(latency)}`);
  const http = await predictionsOverHttp(isQuick);
  const loop = await loopDelays(isQuick);
  return {
    name: "ml",
    figures: { ...compared.figures, sameSeedSha256: sha256, latency, http, loop },
    reference: { ...compared.reference, wallRatio: compared.wallRatio },
    // By CPU time, which what else the machine does moves least; above 1 we are faster. 0: there is nothing to compare with.
    ratio: compared.cpuRatio === null ? 0 : Number((1 / compared.cpuRatio).toFixed(2)),
  };
}
