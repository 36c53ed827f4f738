import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import { type AgentName, AGENTS } from "../../../../../domain/ai/rl/agents/index.ts";
import { OuEnvironment, ouDeviation } from "../../../../../domain/ai/rl/env/ou.ts";
import { OuGrid } from "../../../../../domain/ai/rl/optimum.ts";
import type { Json } from "../../../../../domain/shared/json.ts";

export const MARKET = { kappa: 0.1, sigma: 1, cost: 0.3 };
const grid = new OuGrid(MARKET);
const run = { report: () => undefined, isCancelled: false };

/** What the greedy policy after so many steps earns in the long run, computed on the grid: no luck of a simulation is in it. */
export function expectNearOptimal(
  name: AgentName,
  given: { readonly [parameter: string]: Json },
  seed: number,
  steps: number,
  share: number,
): void {
  const kind = AGENTS[name];
  const read = readParameters(kind.parameters, given);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const learner = kind.start(new OuEnvironment(MARKET, 500), read.parameters, seed);
  learner.learn(steps, run);
  const policy = kind.policy(learner.save());
  const deviation = ouDeviation(MARKET);
  const greedy = Uint8Array.from(
    { length: 3 * grid.places },
    (_, i) =>
      policy.choose(Float64Array.of(grid.x(Math.floor(i / 3)) / deviation, (i % 3) - 1)).action,
  );
  const reached = grid.gainOf(greedy) / grid.optimum().gain;
  expect({ name, seed, reached, isNear: reached >= share && reached <= 1 + 1e-9 }).toMatchObject({
    isNear: true,
  });
}
