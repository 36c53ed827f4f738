import { AGENT_NAMES } from "../../../domain/ai/rl/agents/index.ts";
import { POSITION_SETS, REWARDS } from "../../../domain/ai/rl/env/terms.ts";
import { ADJUSTMENTS } from "../../../domain/market/adjust/factors.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, symbol, timeframe } from "./common.ts";

const rangeView = s.object({ start: s.isoTime(), end: s.isoTime() });

const scores = s.named(
  "TradingScores",
  s.object({
    totalReturn: s.describe(s.number(), "net of costs, a fraction"),
    sharpe: s.describe(s.nullable(s.number()), "a year; null where the returns do not vary"),
    maxDrawdown: s.describe(s.number(), "a positive fraction"),
    turnover: s.describe(s.number(), "parts of the wealth traded a bar, on average"),
    exposure: s.describe(s.number(), "share of the bars with a position"),
    finalCapital: s.describe(s.number(), "what `initialCash` became"),
  }),
);

const spread = s.nullable(
  s.object({ median: s.number(), min: s.number(), max: s.number(), iqr: s.number() }),
);
const spreads = s.named(
  "TradingSpread",
  s.object({
    totalReturn: spread,
    sharpe: spread,
    maxDrawdown: spread,
    turnover: spread,
    exposure: spread,
  }),
);

const evaluation = s.named(
  "AgentEvaluation",
  s.object({
    range: rangeView,
    bars: s.integer(),
    isHeldOut: s.describe(s.boolean(), "none of the range was learnt from"),
    method: s.describe(s.string(), "how positions are taken and paid for"),
    novelBars: s.describe(
      s.integer(),
      "too unlike the training range to be acted upon: what is held is kept",
    ),
    agent: s.describe(scores, "all seeds as one, as `act` answers"),
    seeds: s.array(s.object({ seed: s.integer(), scores })),
    spread: s.describe(spreads, "over the seeds"),
    baselines: s.object({
      buyAndHold: scores,
      threshold: s.describe(
        scores,
        "buys one deviation below the mean of 20 closes, sells one above it, and leaves at the mean",
      ),
      random: s.describe(spreads, "any position at each bar, as many times as there are seeds"),
    }),
  }),
);
export type AgentEvaluation = Infer<typeof evaluation>;
export const evaluationView = evaluation;

const summary = {
  agentId: id(),
  name: s.string(),
  algorithm: s.enum(AGENT_NAMES),
  symbols: s.array(symbol()),
  timeframe,
  seeds: s.array(s.integer()),
  steps: s.describe(s.integer(), "of the environment that each seed has learnt from"),
  createdAt: s.isoTime(),
  updatedAt: s.isoTime(),
};

export const agentSummary = s.named("AgentSummary", s.object(summary));
export type AgentSummary = Infer<typeof agentSummary>;
export const agentPage = pageOf("AgentPage", agentSummary);
export type AgentPage = Infer<typeof agentPage>;

export const agentView = s.named(
  "Agent",
  s.object({
    ...summary,
    features: s.array(s.string()),
    adjust: s.enum(ADJUSTMENTS),
    trainRange: rangeView,
    testRange: rangeView,
    environment: s.object({
      initialCash: s.number(),
      positions: s.enum(POSITION_SETS),
      feeBps: s.number(),
      slippageBps: s.number(),
      reward: s.enum(REWARDS),
      episodeBars: s.integer(),
      drawdownStop: s.nullable(s.number()),
      unrealised: s.boolean(),
    }),
    parameters: s.record(s.json("a parameter of the algorithm, defaults included")),
    observation: s.describe(s.array(s.string()), "what `act` takes, in this order"),
    actions: s.describe(s.array(s.number()), "the positions to choose from, parts of the wealth"),
    knownAt: s.describe(s.isoTime(), "nothing that became known later was learnt from"),
    dataSha256: s.describe(s.string(), "over the features and returns that were learnt from"),
    policySha256: s.describe(s.string(), "of what was learnt: the same request gives the same"),
    evaluation: s.describe(evaluation, "over testRange"),
    inSample: s.describe(evaluation, "over trainRange: how much of it was learnt by heart"),
  }),
);
export type AgentView = Infer<typeof agentView>;

export const decisionView = s.named(
  "AgentDecision",
  s.object({
    agentId: id(),
    symbol: s.nullable(symbol()),
    asOf: s.describe(s.nullable(s.isoTime()), "the close of the bar; null of an observation given"),
    action: s.describe(s.nullable(s.integer()), "null: it does not act upon this"),
    position: s.describe(
      s.nullable(s.number()),
      "to be held until the next close, a part of the wealth; null with the action",
    ),
    actions: s.array(
      s.object({
        position: s.number(),
        share: s.describe(
          s.number(),
          "how likely it is taken, on average over the seeds; of dqn and qlearning the share of the seeds that take it",
        ),
        value: s.describe(s.nullable(s.number()), "what it is held to be worth; null of ppo"),
      }),
    ),
    novelty: s.describe(s.number(), "how unlike the training range; 1 at the threshold"),
    reason: s.nullable(s.object({ code: s.enum(["NOVEL_ROW"]), message: s.string() })),
    observation: s.describe(s.record(s.number()), "what was looked at, unscaled"),
    steps: s.integer(),
    policySha256: s.string(),
  }),
);
export type AgentDecision = Infer<typeof decisionView>;
