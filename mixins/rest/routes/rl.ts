import { AGENT_NAMES } from "../../../domain/ai/rl/agents/index.ts";
import { POSITION_SETS, REWARDS } from "../../../domain/ai/rl/env/terms.ts";
import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer, Shape } from "../schema.ts";
import { id, pagingInOrder, symbol, timeframe } from "./common.ts";
import { jobAccepted } from "./jobs.ts";
import { agentPage, agentView, decisionView, evaluationView } from "./rl-views.ts";

const agentId = { agentId: id() };
const read = { area: "ai", permission: "models.read" } as const;
const train = { area: "ai", permission: "models.train" } as const;

const isOrdered: CrossCheck = ({ start, end }) =>
  typeof start === "number" && typeof end === "number" && start >= end
    ? [{ path: "end", code: "OUT_OF_RANGE", message: "must be after start" }]
    : [];

const range = s.named("TimeRange", s.object({ start: s.time(), end: s.time() }, isOrdered));

const environment = s.named(
  "TradingEnvironment",
  s.object({
    initialCash: s.defaulted(
      s.describe(s.number({ min: 1, max: 1e12 }), "scales what is reported, and nothing else"),
      100_000,
    ),
    positions: s.defaulted(s.describe(s.enum(POSITION_SETS), "−1, 0, 1 or 0, 1"), "longShort"),
    feeBps: s.defaulted(s.number({ min: 0, max: 1_000 }), 1),
    slippageBps: s.defaulted(s.number({ min: 0, max: 1_000 }), 1),
    reward: s.defaulted(s.enum(REWARDS), "logReturn"),
    episodeBars: s.defaulted(s.integer({ min: 2, max: 10_000 }), 252),
    drawdownStop: s.optional(
      s.describe(
        s.number({ min: 0.001, max: 0.999 }),
        "a training episode ends at this loss from its peak, a fraction",
      ),
    ),
    unrealised: s.defaulted(
      s.describe(s.boolean(), "whether the agent sees what its position has earned"),
      false,
    ),
  }),
);
export type EnvironmentAsked = Infer<typeof environment>;

const OF_NEW = [
  "name",
  "algorithm",
  "symbols",
  "timeframe",
  "features",
  "adjust",
  "trainRange",
  "testRange",
  "environment",
  "parameters",
  "seed",
  "seeds",
] as const;
const NEEDED = ["name", "symbols", "timeframe", "features", "trainRange", "testRange"] as const;

const body = {
  agentId: s.optional(
    id("goes on with this agent for `steps` more; everything else is as it was then"),
  ),
  name: s.optional(s.string({ min: 1, max: 100 })),
  algorithm: s.optional(s.describe(s.enum(AGENT_NAMES), "ppo when absent")),
  symbols: s.optional(s.array(symbol(), { min: 1, max: 20 })),
  timeframe: s.optional(timeframe),
  features: s.optional(
    s.describe(
      s.array(s.string({ min: 1, max: 200, example: "rsi_14" }), { min: 1, max: 50 }),
      "what the agent sees, scaled by means and deviations of trainRange; its position comes behind them",
    ),
  ),
  adjust: s.optional(s.describe(s.enum(ADJUSTMENTS), "of the bars; none when absent")),
  trainRange: s.optional(range),
  testRange: s.optional(s.describe(range, "held out: begins where trainRange ends, or later")),
  environment: s.optional(environment),
  parameters: s.optional(s.record(s.json("a parameter of the algorithm: see docs/AI.md"))),
  steps: s.optional(
    s.describe(
      s.integer({ min: 100, max: 5_000_000 }),
      "of the environment, for each seed, in whole chunks; 50,000 when absent",
    ),
  ),
  seed: s.optional(
    s.describe(s.integer({ min: 0, max: 2 ** 32 - 1 }), "the first one; 1 when absent"),
  ),
  seeds: s.optional(
    s.describe(
      s.integer({ min: 5, max: 20 }),
      "how many agents learn, each from a seed of its own; 5 when absent. One alone would be luck",
    ),
  ),
} satisfies Shape;

const isNewOrOld: CrossCheck = (value) => {
  const { agentId: old, trainRange: learnt, testRange: test } = value;
  if (old !== undefined)
    return OF_NEW.filter((name) => value[name] !== undefined).map((path) => ({
      path,
      code: "INVALID_VALUE",
      message: "must be absent beside agentId",
    }));
  const missing = NEEDED.filter((name) => value[name] === undefined).map((path): FieldError => ({
    path,
    code: "REQUIRED",
    message: "is required",
  }));
  return [...missing, ...isLater(endOf(learnt), startOf(test))];
};

function isLater(trainEnd: unknown, testStart: unknown): readonly FieldError[] {
  if (typeof trainEnd !== "number" || typeof testStart !== "number") return [];
  const message = "must not begin before trainRange ends";
  return testStart < trainEnd ? [{ path: "testRange.start", code: "OUT_OF_RANGE", message }] : [];
}

const startOf = (value: unknown): unknown => fieldOf(value, "start");
const endOf = (value: unknown): unknown => fieldOf(value, "end");

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

export const trainAgent = route({
  ...train,
  method: "POST",
  path: "/api/rl/train",
  action: "rl.train",
  summary: "Train an agent to trade, or train one on",
  description:
    "A job of kind `rl.train`, whose result is the agent. Each seed learns by itself on trainRange; all are then tried on testRange, which " +
    "nothing was learnt from, beside buying and holding, a threshold rule and chance. The spread over the seeds is shown: an agent whose " +
    "seeds disagree has learnt little but luck. What a seed learns follows from the request alone, bit by bit. A job whose node is lost goes on from " +
    "its last checkpoint. It fails with `INSUFFICIENT_DATA` where a range has too few bars. Definitions and defaults: docs/AI.md.",
  body,
  check: isNewOrOld,
  response: jobAccepted,
  status: 202,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "CONFLICT",
    "INSUFFICIENT_DATA",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
  ],
});

export const listAgents = route({
  ...read,
  method: "GET",
  path: "/api/rl/agents",
  action: "rl.list",
  summary: "Your tenant's agents, newest first",
  query: {
    algorithm: s.optional(s.enum(AGENT_NAMES)),
    symbol: s.optional(symbol()),
    ...pagingInOrder,
  },
  response: agentPage,
});

export const getAgent = route({
  ...read,
  method: "GET",
  path: "/api/rl/agents/{agentId}",
  action: "rl.get",
  summary: "An agent, with what it did on bars that it had not seen",
  params: agentId,
  response: agentView,
  problems: ["NOT_FOUND"],
});

export const deleteAgent = route({
  ...train,
  method: "DELETE",
  path: "/api/rl/agents/{agentId}",
  action: "rl.remove",
  summary: "Delete an agent",
  params: agentId,
  response: null,
  status: 204,
  problems: ["NOT_FOUND"],
});

const oneOrOther: CrossCheck = ({ observation, symbol: of, asOf, unrealised, position }) => {
  if ((observation === undefined) === (of === undefined))
    return [
      { path: "observation", code: "INVALID_VALUE", message: "either it or symbol is needed" },
    ];
  if (of !== undefined) return [];
  return Object.entries({ asOf, unrealised, position })
    .filter(([, value]) => value !== undefined)
    .map(([path]) => ({
      path,
      code: "INVALID_VALUE",
      message: "must be absent beside observation",
    }));
};

export const actAgent = route({
  ...read,
  method: "POST",
  path: "/api/rl/agents/{agentId}/act",
  action: "rl.act",
  summary: "What the agent would hold now",
  description:
    "Of an observation, whose numbers come in the order of the agent's `observation`, or of the newest closed bar of one of its symbols. " +
    "It places no order. An observation unlike all that it has learnt from is answered with no action, and why.",
  params: agentId,
  body: {
    observation: s.optional(s.array(s.number(), { min: 1, max: 100 })),
    symbol: s.optional(symbol()),
    asOf: s.optional(s.describe(s.time(), "the newest bar closed by then; now when absent")),
    position: s.optional(
      s.describe(s.number({ min: -1, max: 1 }), "held, a part of the wealth; 0 when absent"),
    ),
    unrealised: s.optional(
      s.describe(
        s.number({ min: -10, max: 10 }),
        "log return since the position was taken; 0 when absent",
      ),
    ),
  },
  check: oneOrOther,
  response: decisionView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

export const evaluateAgent = route({
  ...read,
  method: "POST",
  path: "/api/rl/agents/{agentId}/evaluate",
  action: "rl.evaluate",
  summary: "How the agent would have done over a range",
  description:
    "Beside the same rules as in training. What the range shares with trainRange it has seen.",
  params: agentId,
  body: { range },
  response: evaluationView,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});
