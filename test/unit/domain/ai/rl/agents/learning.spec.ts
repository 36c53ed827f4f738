import { createHash } from "node:crypto";
import { readParameters } from "../../../../../../domain/ai/learning/read-parameters.ts";
import {
  AGENT_NAMES,
  type AgentName,
  AGENTS,
} from "../../../../../../domain/ai/rl/agents/index.ts";
import { FitCancelled } from "../../../../../../domain/ai/learning/algorithm.ts";
import type { Parameters } from "../../../../../../domain/ai/learning/parameters.ts";
import type { Checkpoint } from "../../../../../../domain/ai/rl/agents/learner.ts";
import { fromBytes, toBytes } from "../../../../../../domain/ai/rl/checkpoint.ts";
import type { Environment } from "../../../../../../domain/ai/rl/env/environment.ts";
import type { Json } from "../../../../../../domain/shared/json.ts";
import { OuEnvironment } from "../../../../../../domain/ai/rl/env/ou.ts";

const run = { report: () => undefined, isCancelled: false };
const market = { kappa: 0.1, sigma: 1, cost: 0.3 };
const environment = () => new OuEnvironment(market, 70);

const SMALL: { readonly [name in AgentName]: { readonly [parameter: string]: Json } } = {
  ppo: { hidden: [8], rolloutSteps: 250, epochs: 2 },
  dqn: { hidden: [8], replay: 600, warmUp: 100, trainEvery: 10 },
  qlearning: { bins: 5 },
};

function parametersOf(name: AgentName): Parameters {
  const read = readParameters(AGENTS[name].parameters, SMALL[name]);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  return read.parameters;
}

/** Bytes are compared by their hash: Jest takes seconds for each pair. */
function hashOf(checkpoint: Checkpoint): string {
  return createHash("sha256").update(toBytes(checkpoint)).digest("hex");
}

function learnt(name: AgentName, seed: number, until: number) {
  const learner = AGENTS[name].start(environment(), parametersOf(name), seed);
  learner.learn(until, run);
  return learner.save();
}

describe.each(AGENT_NAMES)("%s", (name) => {
  const kind = AGENTS[name];

  it("learns the same bits from the same seed, and others from another", () => {
    const first = hashOf(learnt(name, 3, 1_000));
    expect(hashOf(learnt(name, 3, 1_000))).toBe(first);
    expect(hashOf(learnt(name, 4, 1_000))).not.toBe(first);
  });

  it("in two halves, stored in between, learns the bits that it learns in one", () => {
    const half = fromBytes(toBytes(learnt(name, 7, 1_000)));
    const rest = kind.resume(environment(), parametersOf(name), half);
    rest.learn(2_000, run);
    expect(hashOf(rest.save())).toBe(hashOf(learnt(name, 7, 2_000)));
  });

  it("acts alike by all of a checkpoint and by the part that acting takes", () => {
    const whole = learnt(name, 1, 1_000);
    const part = kind.actingPart(whole);
    expect(toBytes(part).length).toBeLessThan(toBytes(whole).length);
    const seen = Float64Array.of(1.5, -1);
    const choice = kind.policy(fromBytes(toBytes(part))).choose(seen);
    expect(choice).toEqual(kind.policy(whole).choose(seen));
    expect(choice.probabilities ?? choice.values).toHaveLength(3);
  });

  it("ends when nobody wants it any more", () => {
    const learner = kind.start(environment(), parametersOf(name), 1);
    expect(() => learner.learn(1_000, { ...run, isCancelled: true })).toThrow(FitCancelled);
  });

  it("refuses a checkpoint that is none of its own", () => {
    const other = learnt(name === "ppo" ? "dqn" : "ppo", 1, 250);
    expect(() => kind.resume(environment(), parametersOf(name), other)).toThrow(RangeError);
    expect(() => kind.policy({ algorithm: name, numbers: {}, arrays: {} })).toThrow(RangeError);
  });
});

describe("a table", () => {
  it("of too many cells is refused", () => {
    const levels = Array.from({ length: 6 }, () => null);
    const wide: Environment = {
      width: 6,
      actions: 3,
      levels,
      reset: () => undefined,
      step: () => ({ reward: 0, isTerminal: false, isTruncated: false }),
      save: () => new Float64Array(0),
      restore: () => undefined,
    };
    const { bins: _, ...others } = parametersOf("qlearning");
    expect(() => AGENTS.qlearning.start(wide, { ...others, bins: 5 }, 1)).not.toThrow();
    expect(() => AGENTS.qlearning.start(wide, { ...others, bins: 21 }, 1)).toThrow(/too large/);
  });
});
