import {
  isPlain,
  termsOf,
  worksMarketOrders,
  type SignalExecution,
} from "../../../domain/ai/signals/execution.ts";
import { fractionFor, type SignalSizing } from "../../../domain/ai/signals/sizing.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import type { ActOnSignal as Acting, OrderVerdict } from "../../../domain/portfolio/messages.ts";
import { newestCloseMs, type StoredSignal } from "../../../models/signals.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import type { EndWork, OfStrategy, StrategyWork } from "../../../models/strategy-work.ts";
import type { NodeContext } from "../../context.ts";
import { momentAt, readHistory } from "./history.ts";
import { whyPaused } from "./pause.ts";
import { type Direction, heldIn } from "./standing.ts";
import { placeByAlgorithm } from "./algorithm.ts";

const VOLATILITY_BARS = 20;

/** What the portfolio is told of a signal. */
export type Telling = Omit<Acting, "market">;
export type ToPortfolio = Telling & { readonly portfolioId: string };
type Sized = Pick<Acting, "fraction" | "goal">;

/**
 * Turns a recorded signal into orders. A repeat does again what was not done: every order's id follows from the signal, and what is there
 * is found there.
 * @throws RestError UNAVAILABLE while what the position rests on cannot be ended yet; the bar is given again then
 */
export async function act(
  node: NodeContext,
  strategy: StoredStrategy,
  signal: StoredSignal,
  bar: Bar,
): Promise<void> {
  const sized = await sizedBy(node, strategy, signal, bar);
  if (sized === null) return;
  if (isPlain(strategy.execution)) await actPlain(node, { strategy, signal, bar, sized });
  else await actByTerms(node, { strategy, signal, bar, sized });
}

interface Wanted {
  readonly strategy: StoredStrategy;
  readonly signal: StoredSignal;
  readonly bar: Bar;
  readonly sized: Sized;
}

/** One market order ends what was and opens what is to be. */
async function actPlain(node: NodeContext, wanted: Wanted): Promise<void> {
  const { strategy, signal, sized } = wanted;
  if (await isOver(node, signal)) return;
  const isPaused = opens(signal, sized) && (await paused(node, wanted));
  // What is held the other way round ends all the same.
  const told = isPaused ? { ...sized, goal: "flat" as const } : sized;
  await tell(node, { ...asked(strategy, signal), ...told, ...maxOpenOf(strategy) });
}

/**
 * First what stands against the signal ends: orders for the other side are canceled with the exits that protect it, and what is held is
 * closed at the market. Then the position is opened, once, with its terms. Ends are never too late; what is new may be.
 */
async function actByTerms(node: NodeContext, wanted: Wanted): Promise<void> {
  const { strategy, signal, sized } = wanted;
  const { strategyId, portfolioId } = strategy;
  const { symbol } = signal;
  const of: OfStrategy = { strategyId, portfolioId, symbol };
  const works = await node.broker.call<readonly StrategyWork[], OfStrategy>(
    "strategy-orders.open",
    of,
  );
  const way = signal.side === "buy" ? 1 : -1;
  const against = works.filter(({ side, isEntry }) => isEntry && directionOf(side) !== way);
  const isHeld = (await heldIn(node, portfolioId, symbol)) === -way;
  if (isHeld || against.length > 0) {
    if (!(await close(node, wanted, { works, against }))) return;
  }
  const isThere = works.some(({ side, isEntry }) => isEntry && directionOf(side) === way);
  if (!opens(signal, sized) || isThere || (await isOver(node, signal))) return;
  if (await paused(node, wanted)) return;
  const terms = termsOf(strategy.execution);
  await place(node, strategy.execution, {
    ...asked(strategy, signal),
    ...sized,
    ...maxOpenOf(strategy),
    terms,
  });
}

interface Standing {
  readonly works: readonly StrategyWork[];
  readonly against: readonly StrategyWork[];
}

/**
 * Exits are canceled only when the order that takes their place would be approved: one that is not is on record as denied, and the
 * position stays protected.
 * @returns whether the way is free
 */
async function close(
  node: NodeContext,
  wanted: Wanted,
  { works, against }: Standing,
): Promise<boolean> {
  const { strategy, signal, sized } = wanted;
  const { strategyId, execution } = strategy;
  const ends = opens(signal, sized) ? "first" : "all";
  const ending = {
    ...asked(strategy, signal),
    fraction: sized.fraction,
    goal: "flat",
    ends,
  } as const;
  const group = against.find(({ type }) => type === "group");
  if (group !== undefined && (await isDenied(node, ending, group.id))) return false;
  const after =
    against.length === 0
      ? []
      : await node.broker.call<readonly string[], EndWork>("strategy-orders.end", {
          strategyId,
          works: against,
        });
  const way = signal.side === "buy" ? 1 : -1;
  // An algorithm that closes it already holds nothing that the portfolio would see.
  const isClosing = works.some(
    ({ type, side, isEntry }) => type === "algo" && !isEntry && directionOf(side) === way,
  );
  if (!isClosing) await place(node, closingBy(execution), { ...ending, after });
  return true;
}

async function isDenied(node: NodeContext, ending: ToPortfolio, groupId: string): Promise<boolean> {
  const instead = { ...ending, insteadOf: groupId };
  const { verdict } = await check(node, instead);
  if (verdict !== "denied") return false;
  // Once more, for the record.
  await tell(node, instead);
  return true;
}

/** What ends a position has no limit, which some algorithms need. */
function closingBy({ algorithm, ...execution }: SignalExecution): SignalExecution {
  return algorithm !== undefined && worksMarketOrders(algorithm)
    ? { ...execution, algorithm }
    : execution;
}

async function place(
  node: NodeContext,
  { algorithm }: SignalExecution,
  command: ToPortfolio,
): Promise<void> {
  if (algorithm === undefined) await tell(node, command);
  else await placeByAlgorithm(node, algorithm, await check(node, command));
}

function tell(node: NodeContext, command: ToPortfolio): Promise<OrderVerdict> {
  return node.broker.call<OrderVerdict, ToPortfolio>("portfolios.actOnSignal", command);
}

function check(node: NodeContext, command: ToPortfolio): Promise<OrderVerdict> {
  return node.broker.call<OrderVerdict, ToPortfolio>("portfolios.checkSignal", command);
}

function directionOf(side: StrategyWork["side"]): Direction {
  return side === "buy" ? 1 : -1;
}

export function opens({ side }: StoredSignal, { goal }: Sized): boolean {
  return side === "buy" ? goal !== "flat" && goal !== "closed" : goal === "short";
}

async function paused(node: NodeContext, { strategy, signal, bar }: Wanted): Promise<boolean> {
  const why = await whyPaused(node, strategy, { ...bar, symbol: signal.symbol });
  if (why === null) return false;
  const { signalId, strategyId } = signal;
  node.log.info({ signalId, strategyId, why }, "a signal opens nothing: its strategy pauses");
  return true;
}

/** By the market's own time, because replays play days of old. */
export async function isOver(
  node: NodeContext,
  { signalId, symbol, expiresAtMs }: StoredSignal,
): Promise<boolean> {
  const newest = await newestCloseMs(node.pool, symbol);
  if (expiresAtMs === null || newest === null || newest < expiresAtMs) return false;
  node.log.info({ signalId, symbol }, "a signal is not acted upon: its horizon is over");
  return true;
}

/**
 * How much, and to what end. A sell that is not to open a short position, or is too weak to, ends a long one all the same; an end ends
 * all, however weak the signal is.
 * @returns null when nothing is to be done
 */
export async function sizedBy(
  node: NodeContext,
  { kind, sizing, tenantId, allowShort }: StoredStrategy,
  signal: StoredSignal,
  bar: Bar,
): Promise<Sized | null> {
  const { side, goal, strength, confidence, weight } = signal;
  // The hedge ratio may have changed its sign since the second leg was opened.
  if (kind === "pairs" && goal === "flat") return { fraction: sizing.fraction, goal: "closed" };
  if (side === "sell" && (goal !== "short" || !allowShort)) return { fraction: sizing.fraction };
  if (goal === "flat") return { fraction: sizing.fraction, goal };
  const volatility =
    sizing.method === "volatilityScaled"
      ? await volatilityOf(node, tenantId ?? "", sizing, { ...bar, symbol: signal.symbol })
      : null;
  const fraction = fractionFor(sizing, { strength, confidence, volatility, weight });
  if (side === "buy") return fraction === null ? null : { fraction };
  return fraction === null ? { fraction: sizing.fraction } : { fraction, goal: "short" };
}

async function volatilityOf(
  node: NodeContext,
  tenantId: string,
  { volatilityPeriod = VOLATILITY_BARS }: SignalSizing,
  { symbol, timeframe, startMs }: Pick<Bar, "symbol" | "timeframe" | "startMs">,
): Promise<number | null> {
  const column = `volatility_${volatilityPeriod}`;
  const wanted = { tenantId, symbol, timeframe, columns: [column], lastStartMs: startMs };
  const history = await readHistory(node, wanted);
  return momentAt(history, history.startMs.length - 1).values[column] ?? null;
}

/** What every command of a signal says. */
export function asked(
  { portfolioId, maxPosition }: StoredStrategy,
  signal: StoredSignal,
): Pick<ToPortfolio, "portfolioId" | "signal" | "maxPosition"> {
  const { signalId, strategyId, symbol, side, strength, confidence, reason, source, asOfMs } =
    signal;
  return {
    portfolioId,
    signal: { signalId, strategyId, symbol, side, strength, confidence, reason, source, asOfMs },
    ...(maxPosition !== null && { maxPosition }),
  };
}

function maxOpenOf({ maxOpenPositions, symbols }: StoredStrategy): Pick<ToPortfolio, "maxOpen"> {
  return maxOpenPositions === null ? {} : { maxOpen: { positions: maxOpenPositions, symbols } };
}
