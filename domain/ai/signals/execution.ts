import { isStrategyName, parseStrategy } from "../../execution/algorithms/catalogue.ts";
import { hasExits, type SignalTerms } from "../../portfolio/signal-terms.ts";
import { dec, type DecimalString } from "../../shared/decimal.ts";
import type { Json } from "../../shared/json.ts";
import type { SignalKind } from "./definition.ts";
import type { Given, SignalFault } from "./parameters.ts";

/** An execution algorithm that works the orders of a strategy off. */
export interface SignalAlgorithm {
  readonly name: string;
  /** those of every order; what only the moment and the order's own price tell is filled in */
  readonly parameters: Given;
}

/** How a strategy's orders are sent. */
export interface SignalExecution extends SignalTerms {
  readonly algorithm?: SignalAlgorithm;
  /** a position ends when the horizon of the signal that opened it is over, and no later one wants it */
  readonly closeAtExpiry: boolean;
}

export const SIGNAL_ALGORITHMS = [
  "twap",
  "vwap",
  "pov",
  "implementationShortfall",
  "iceberg",
  "sniper",
] as const;

/** Market orders, good till canceled, without exits. */
export const PLAIN_EXECUTION: SignalExecution = {
  orderType: "market",
  offsetBps: "0",
  timeInForce: "gtc",
  closeAtExpiry: false,
};

/** Of an exit below the entry: a price of zero is none. */
const EXIT_BPS_MAX = 9_999;

const DURATION_SECONDS_MAX = 31 * 86_400;

/** Whether an entry is a market order that stands for itself: then one order turns a position round. */
export function isPlain(execution: SignalExecution): boolean {
  const { orderType, timeInForce, algorithm } = execution;
  return (
    orderType === "market" &&
    timeInForce === "gtc" &&
    algorithm === undefined &&
    !hasExits(execution)
  );
}

/** Of the terms alone: what the portfolio is told. */
export function termsOf(execution: SignalExecution): SignalTerms {
  const { algorithm: _, closeAtExpiry: __, ...terms } = execution;
  return terms;
}

/** What of it goes not together. @param nowMs for algorithms whose parameters are instants */
export function executionFaults(
  execution: SignalExecution,
  kind: SignalKind,
  nowMs: number,
): readonly SignalFault[] {
  return [
    ...limitFaults(execution),
    ...exitFaults(execution),
    ...(execution.algorithm === undefined ? [] : algorithmFaults(execution, nowMs)),
    ...(kind === "pairs" && (!isPlain(execution) || execution.closeAtExpiry)
      ? [fault("orderType", "of a pair must be market, gtc, without exits, expiry or an algorithm")]
      : []),
  ];
}

function limitFaults({ orderType, offsetBps, timeInForce }: SignalTerms): readonly SignalFault[] {
  const bps = dec(offsetBps);
  const isAuction = timeInForce === "opg" || timeInForce === "cls";
  const isImmediate = timeInForce === "ioc" || timeInForce === "fok";
  return [
    ...(orderType === "market" && !bps.isZero()
      ? [fault("offsetBps", "goes with limit and marketableLimit")]
      : []),
    ...(bps.greaterThan(EXIT_BPS_MAX)
      ? [fault("offsetBps", `must be ${EXIT_BPS_MAX} at most`)]
      : []),
    ...(orderType !== "market" && isAuction
      ? [fault("timeInForce", "opg and cls go with market orders")]
      : []),
    ...(orderType === "limit" && isImmediate
      ? [fault("timeInForce", "must let an order wait that is better than the market")]
      : []),
  ];
}

function exitFaults(terms: SignalTerms): readonly SignalFault[] {
  const { stopLossBps, trailingStopBps } = terms;
  const far = (["stopLossBps", "takeProfitBps", "trailingStopBps"] as const).filter((name) =>
    dec(terms[name] ?? "0").greaterThan(EXIT_BPS_MAX),
  );
  return [
    ...far.map((name) => fault(name, `must be ${EXIT_BPS_MAX} at most`)),
    ...(stopLossBps !== undefined && trailingStopBps !== undefined
      ? [fault("trailingStopBps", "takes the place of stopLossBps")]
      : []),
  ];
}

function algorithmFaults(execution: SignalExecution, nowMs: number): readonly SignalFault[] {
  const { algorithm, orderType, timeInForce } = execution;
  if (algorithm === undefined) return [];
  const { name, parameters } = algorithm;
  if (!isStrategyName(name) || !SIGNAL_ALGORITHMS.some((known) => known === name))
    return [fault("algorithm.name", `must be one of ${SIGNAL_ALGORITHMS.join(", ")}`)];
  const duration = name === "vwap" ? durationFaults(parameters) : [];
  if (duration.length > 0) return duration;
  const read = parseStrategy(name, algorithmParameters(algorithm, "1", nowMs));
  const own = ownParameters(name);
  const given = own.given.filter((key) => Object.hasOwn(parameters, key));
  return [
    ...("faults" in read
      ? read.faults.map(({ path, message }) => fault(`algorithm.parameters.${path}`, message))
      : []),
    ...given.map((key) => fault(`algorithm.parameters.${key}`, "is told for each order by itself")),
    ...(own.needsLimit && orderType === "market"
      ? [fault("orderType", `of ${name} must be limit or marketableLimit`)]
      : []),
    ...(timeInForce === "gtc" || timeInForce === "day"
      ? []
      : [fault("timeInForce", "must be gtc or day for an algorithm")]),
    ...(hasExits(execution) ? [fault("algorithm", "cannot be combined with exits")] : []),
  ];
}

function durationFaults({ durationSeconds }: Given): readonly SignalFault[] {
  const isTime =
    Number.isSafeInteger(durationSeconds) &&
    Number(durationSeconds) >= 1 &&
    Number(durationSeconds) <= DURATION_SECONDS_MAX;
  if (isTime) return [];
  const path = "algorithm.parameters.durationSeconds";
  return [fault(path, `must be a whole number from 1 to ${DURATION_SECONDS_MAX}`)];
}

/** What a parameter would have to say anew for each order, and whether a market order can be worked off so. */
function ownParameters(name: string): {
  readonly given: readonly string[];
  readonly needsLimit: boolean;
} {
  switch (name) {
    case "vwap":
      return { given: ["start", "end"], needsLimit: false };
    case "pov":
      return { given: ["endTime"], needsLimit: false };
    case "sniper":
      return { given: ["limitPrice"], needsLimit: true };
    case "iceberg":
      return { given: [], needsLimit: true };
  }
  return { given: [], needsLimit: false };
}

/** Whether an order without a price of its own, as one that ends a position, can be worked off by it. */
export function worksMarketOrders({ name }: SignalAlgorithm): boolean {
  return !ownParameters(name).needsLimit;
}

/**
 * The parameters of one order: `durationSeconds` of a VWAP becomes its end, and a sniper's limit is that of the order.
 * @param price the order's limit; null of a market order
 */
export function algorithmParameters(
  { name, parameters }: SignalAlgorithm,
  price: DecimalString | null,
  nowMs: number,
): { readonly [name: string]: Json } {
  if (name === "sniper") return { ...parameters, ...(price !== null && { limitPrice: price }) };
  if (name !== "vwap") return parameters;
  const { durationSeconds, ...others } = parameters;
  if (typeof durationSeconds !== "number") return others;
  return { ...others, end: nowMs + durationSeconds * 1_000 };
}

function fault(path: string, message: string): SignalFault {
  return { path, message };
}
