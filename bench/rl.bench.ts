import { readParameters } from "../domain/ai/learning/read-parameters.ts";
import { AGENT_NAMES, type AgentName, AGENTS } from "../domain/ai/rl/agents/index.ts";
import { OuEnvironment } from "../domain/ai/rl/env/ou.ts";
import type { BenchReport } from "./run.ts";
import { round } from "./support.ts";

const MARKET = { kappa: 0.1, sigma: 1, cost: 0.3 };
const STEPS: { readonly [name in AgentName]: number } = {
  ppo: 30_000,
  dqn: 20_000,
  qlearning: 500_000,
};
/** Steps a second of TensorFlow.js 4.22 (WebAssembly) with the same double DQN, recorded on a machine like this one. */
const TENSORFLOW_JS = 877;

/** Steps of the environment a second that agents learn from, in one thread, all of their learning included; the best of three rounds. */
export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const found = AGENT_NAMES.map((name) => [name, stepsPerSecond(name, isQuick ? 10 : 1)] as const);
  for (const [name, rate] of found) console.log(`${name}: ${rate} steps/s`);
  const figures = Object.fromEntries(found);
  return Promise.resolve({
    name: "rl",
    figures,
    reference: { dqn: TENSORFLOW_JS, of: "steps/s of TensorFlow.js with the same networks" },
    ratio: round((figures["dqn"] ?? 0) / TENSORFLOW_JS),
  });
}

function stepsPerSecond(name: AgentName, part: number): number {
  const read = readParameters(AGENTS[name].parameters, {});
  if (!read.isValid) throw new Error("expected the defaults to be valid");
  let best = 0;
  for (let i = 0; i < 3; i += 1) {
    const learner = AGENTS[name].start(new OuEnvironment(MARKET, 500), read.parameters, i);
    const beganMs = performance.now();
    learner.learn(STEPS[name] / part, { report: () => undefined, isCancelled: false });
    best = Math.max(best, (1_000 * learner.steps) / (performance.now() - beganMs));
  }
  return round(best);
}
