import { positionsOf } from "../../../domain/ai/rl/env/terms.ts";
import { noveltyOf, type Outlook } from "../../../domain/ai/rl/prepare.ts";
import { at } from "../../../domain/numeric/matrix.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { AgentDecision } from "../../../mixins/rest/routes/rl-views.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import type { OpenAgent } from "./opened.ts";
import { definitionOf } from "./order.ts";
import type { RlParts } from "./parts.ts";
import { answerOf } from "./refusals.ts";
import { observationNames } from "./views.ts";

type ActParams = ActionMap["rl.act"]["params"];

/** What is looked at: features as they are, and what is held. */
interface Sight {
  readonly values: readonly number[];
  readonly symbol: string | null;
  readonly closeMs: number | null;
}

/** What the agent would hold. @throws RestError 422 of an observation that is none */
export async function decide(
  parts: Pick<RlParts, "datasets">,
  agent: StoredAgent,
  open: OpenAgent,
  params: ActParams,
): Promise<AgentDecision> {
  const { order, outlook, crowd } = open;
  const { _id: agentId } = agent;
  const sight = await sightOf(parts, agent, open, params);
  const { values, symbol, closeMs } = sight;
  const names = observationNames(order);
  const observation = scaled(values, outlook);
  const held = values[order.features.length] ?? 0;
  const novelty = noveltyOf(observation, outlook);
  const verdict = crowd.judge(observation, held);
  const positions = positionsOf(order.terms.trading.positions);
  const isNovel = novelty > 1;
  return {
    agentId,
    symbol,
    asOf: closeMs === null ? null : isoTime(closeMs),
    action: isNovel ? null : verdict.action,
    position: isNovel ? null : (positions[verdict.action] ?? null),
    actions: positions.map((position, action) => ({
      position,
      share: verdict.shares[action] ?? 0,
      value: verdict.values?.[action] ?? null,
    })),
    novelty,
    reason: isNovel ? novelReason(observation, outlook) : null,
    observation: Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0])),
    steps: agent.steps,
    policySha256: agent.policySha256,
  };
}

function novelReason(observation: Float64Array, outlook: Outlook): AgentDecision["reason"] {
  const ratios = outlook.reach.map((reach, i) => Math.abs(observation[i] ?? 0) / reach);
  const worst = ratios.indexOf(Math.max(...ratios));
  const message = `${outlook.features[worst] ?? ""} is ${(ratios[worst] ?? 0).toFixed(1)} times as far from its mean as it ever was in training`;
  return { code: "NOVEL_ROW", message };
}

async function sightOf(
  parts: Pick<RlParts, "datasets">,
  agent: StoredAgent,
  { order }: OpenAgent,
  params: ActParams,
): Promise<Sight> {
  const { observation, symbol, asOf, position = 0, unrealised = 0 } = params;
  if (symbol === undefined)
    return {
      values: checked(observation ?? [], observationNames(order)),
      symbol: null,
      closeMs: null,
    };
  if (!order.symbols.includes(symbol))
    throw refused("symbol", `must be one that the agent trades: ${order.symbols.join(", ")}`);
  const { features, closeMs } = await newest(parts, agent, order, symbol, asOf);
  const held = order.terms.trading.unrealised ? [position, unrealised] : [position];
  return { values: [...features, ...held], symbol, closeMs };
}

async function newest(
  { datasets }: Pick<RlParts, "datasets">,
  { tenantId }: StoredAgent,
  order: OpenAgent["order"],
  symbol: string,
  asOfMs: number | undefined,
) {
  const definition = definitionOf(order);
  const asked = { tenantId, definition, symbol, ...(asOfMs !== undefined && { asOfMs }) };
  const { sample, row, closeMs } = await datasets.latest(asked).catch((error: unknown) => {
    throw answerOf(error);
  });
  const features = order.features.map((_, column) => at(sample.x, row, column));
  const missing = order.features.find((_, column) => !Number.isFinite(features[column]));
  if (missing !== undefined)
    throw insufficientData(`${missing} of ${symbol} has no value at ${isoTime(closeMs)}`);
  return { features, closeMs };
}

function checked(values: readonly number[], names: readonly string[]): readonly number[] {
  if (values.length !== names.length)
    throw refused("observation", `must be ${names.length} numbers: ${names.join(", ")}`);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw refused(`observation[${odd}]`, "must be a finite number");
  const position = values[names.indexOf("position")] ?? 0;
  if (Math.abs(position) > 1)
    throw refused("observation", "position must be a part of the wealth, from −1 to 1");
  return values;
}

/** Features in deviations of the training range, and what is held behind them. */
function scaled(values: readonly number[], { scaler, unit }: Outlook): Float64Array {
  const columns = scaler.mean.length;
  return Float64Array.from(values, (value, i) => {
    if (i < columns) return (value - (scaler.mean[i] ?? 0)) * (scaler.factor[i] ?? 0);
    return i === columns ? value : value / unit;
  });
}

function refused(path: string, message: string) {
  return unprocessable([{ path, code: "INVALID_VALUE", message }]);
}
