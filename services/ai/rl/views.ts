import type { Comparison } from "../../../domain/ai/rl/compare.ts";
import { positionsOf } from "../../../domain/ai/rl/env/terms.ts";
import type { Scores } from "../../../domain/ai/rl/evaluation.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type {
  AgentEvaluation,
  AgentSummary,
  AgentView,
} from "../../../mixins/rest/routes/rl-views.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import type { Outlook } from "../../../domain/ai/rl/prepare.ts";
import type { TimeRange } from "../../../domain/ai/rl/env/market.ts";
import type { AgentOrder } from "./order.ts";

/** Of an agent's document, what is kept there as text. */
export interface Evaluations {
  readonly test: Comparison;
  readonly train: Comparison;
}

export function orderIn({ order }: Pick<StoredAgent, "order">): AgentOrder {
  // sound: what a training wrote
  return JSON.parse(order) as AgentOrder;
}

export function outlookIn({ outlook }: Pick<StoredAgent, "outlook">): Outlook {
  // sound: what a training wrote
  return JSON.parse(outlook) as Outlook;
}

export function summaryView(agent: StoredAgent): AgentSummary {
  const { _id: agentId, name, symbols, seeds, steps, createdAtMs, updatedAtMs } = agent;
  const { terms, timeframe } = orderIn(agent);
  return {
    agentId,
    name,
    algorithm: terms.algorithm,
    symbols,
    timeframe,
    seeds,
    steps,
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(updatedAtMs),
  };
}

export function agentView(agent: StoredAgent): AgentView {
  const order = orderIn(agent);
  const { features, adjust, initialCash, terms } = order;
  const { trading, parameters, train, test } = terms;
  // sound: what a training wrote
  const evaluations = JSON.parse(agent.evaluations) as Evaluations;
  return {
    ...summaryView(agent),
    features,
    adjust,
    trainRange: rangeView(train),
    testRange: rangeView(test),
    environment: { initialCash, ...trading },
    parameters,
    observation: observationNames(order),
    actions: positionsOf(trading.positions),
    knownAt: isoTime(agent.knownAtMs),
    dataSha256: agent.dataSha256,
    policySha256: agent.policySha256,
    evaluation: evaluationView(evaluations.test, order),
    inSample: evaluationView(evaluations.train, order),
  };
}

/** What `act` takes, in this order. */
export function observationNames({ features, terms }: AgentOrder): readonly string[] {
  return [...features, "position", ...(terms.trading.unrealised ? ["unrealised"] : [])];
}

function rangeView({ startMs, endMs }: TimeRange) {
  return { start: isoTime(startMs), end: isoTime(endMs) };
}

const METHOD =
  "a position is decided at a close and held to the next; what is traded pays fee and slippage; all start without a position";

export function evaluationView(found: Comparison, order: AgentOrder): AgentEvaluation {
  const { initialCash, terms } = order;
  const shown = (scores: Scores) => ({
    ...scores,
    finalCapital: initialCash * (1 + scores.totalReturn),
  });
  const { bars, startMs, endMs, novelBars, spread } = found;
  return {
    range: rangeView({ startMs, endMs }),
    bars,
    isHeldOut: startMs >= terms.train.endMs || endMs <= terms.train.startMs,
    method: METHOD,
    novelBars,
    agent: shown(found.agent),
    seeds: found.seeds.map(({ seed, scores }) => ({ seed, scores: shown(scores) })),
    spread,
    baselines: {
      buyAndHold: shown(found.buyAndHold),
      threshold: shown(found.threshold),
      random: found.random,
    },
  };
}
