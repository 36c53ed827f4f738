import { isStrategyName, parseStrategy } from "../../domain/execution/algorithms/catalogue.ts";
import type { FieldFault } from "../../domain/execution/algorithms/fields.ts";
import type { Strategy } from "../../domain/execution/algorithms/parameters.ts";
import { planStrategy } from "../../domain/execution/algorithms/plan.ts";
import type { Plan } from "../../domain/execution/algorithms/plan-types.ts";
import { seedOf } from "../../domain/execution/algorithms/seeded.ts";
import type { Slice } from "../../domain/execution/algorithms/twap.ts";
import type {
  ParentCommand,
  ParentFacts,
  ParentReply,
  ParentSummary,
} from "../../domain/execution/parent/messages.ts";
import type { Denial, NewOrder } from "../../domain/order/new-order.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import { dec, isMultipleOf } from "../../domain/shared/decimal.ts";
import { priceText } from "../../domain/execution/tca/benchmarks.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import type { FieldError } from "../../mixins/rest/readers.ts";
import { insufficientData, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { factsOf } from "./market-facts.ts";
import type { Call } from "./market-of.ts";
import { toOrderView } from "./order-views.ts";

/** As it stands in a request: nothing of it is checked. */
export interface AskedStrategy {
  readonly name: string;
  readonly parameters?: unknown;
}

const NAMESPACE = "7b0f3c52-9d0e-4a36-8f5c-2a9b6e41d7c0";
/** A whole that works by slices must be able to wait. */
const TIMES_IN_FORCE: ReadonlySet<string> = new Set(["day", "gtc", "gtd"]);
/** Parameters that become the price of a child. */
const PRICES: ReadonlySet<string> = new Set(["priceLimit", "limitPrice", "limit"]);
/** Our paper venue fills against the tape without adding to it. */
const PAPER_VENUE = "PAPER";

/**
 * Begins an order with a strategy: its parent is born with its schedule, and durable when this is answered. The whole has
 * been checked by its portfolio; each slice will be again. The order's id names it: a repeat finds the same parent.
 * @throws RestError 422 naming `strategy.…` for what cannot be executed so, INSUFFICIENT_DATA; Refusal ORDER_EXISTS
 */
export async function startParent(
  node: NodeContext,
  ctx: RequestContext,
  order: NewOrder,
  asked: AskedStrategy,
): Promise<OrderView> {
  const strategy = checkStrategy(order, asked);
  const call: Call = (action, params) => ctx.call(action, params);
  const { facts, schedule } = await prepare(node, call, order, strategy);
  return tell(node, ctx, { type: "Start", order, strategy, facts, schedule });
}

/** Records an order with a strategy that its portfolio has denied as a whole. */
export async function denyParent(
  node: NodeContext,
  ctx: RequestContext,
  order: NewOrder,
  asked: AskedStrategy,
  reasons: readonly Denial[],
): Promise<OrderView> {
  const strategy = checkStrategy(order, asked);
  return tell(node, ctx, { type: "RecordDenial", order, strategy, reasons });
}

/** What is wrong with the strategy of an order, without looking at the market. @throws RestError 422 */
export function checkStrategy(order: NewOrder, asked: AskedStrategy): Strategy {
  if (!isStrategyName(asked.name)) {
    throw unprocessable([
      fault("strategy.name", "INVALID_VALUE", "is not a strategy: see GET /api/execution/strategy"),
    ]);
  }
  const read = parseStrategy(asked.name, asked.parameters ?? {});
  const faults = "faults" in read ? read.faults.map(under("strategy.parameters")) : [];
  const unfit = [...faults, ...orderFaults(order, asked.name)];
  if (unfit.length > 0 || !("value" in read)) throw unprocessable(unfit);
  const unready = splitFaults(read.value);
  if (unready.length > 0) throw unprocessable(unready);
  return read.value;
}

/** A preview of a split needs no time to rest, and may show one that could fill more than was ordered. */
function splitFaults({ name, parameters }: Strategy): readonly FieldError[] {
  if (name !== "smartRouting" || parameters.method !== "split") return [];
  return [
    ...(parameters.restSeconds === undefined
      ? [fault("strategy.parameters.restSeconds", "REQUIRED", "is required to execute a split")]
      : []),
    ...(parameters.oversubscribed === true
      ? [
          fault(
            "strategy.parameters.oversubscribed",
            "UNSUPPORTED_VALUE",
            "is a preview only: it could fill more than was ordered",
          ),
        ]
      : []),
  ];
}

function orderFaults(order: NewOrder, name: Strategy["name"]): readonly FieldError[] {
  return [
    ...(order.ordType === "market" || order.ordType === "limit"
      ? []
      : [
          fault(
            "type",
            "UNSUPPORTED_VALUE",
            "must be market or limit for an order with a strategy",
          ),
        ]),
    ...(TIMES_IN_FORCE.has(order.timeInForce)
      ? []
      : [
          fault(
            "timeInForce",
            "UNSUPPORTED_VALUE",
            "must be day, gtc or gtd for an order with a strategy",
          ),
        ]),
    ...(name === "iceberg" && order.price === undefined
      ? [fault("price", "REQUIRED", "is required of an iceberg, which rests at it")]
      : []),
  ];
}

function fault(path: string, code: FieldError["code"], message: string): FieldError {
  return { path, code, message };
}

/** A field's path within a request. */
export function under(prefix: string): (found: FieldFault) => FieldError {
  return ({ path, code, message }) => ({
    path: path === "" ? prefix : `${prefix}.${path}`,
    code,
    message,
  });
}

async function prepare(
  node: NodeContext,
  call: Call,
  order: NewOrder,
  strategy: Strategy,
): Promise<{ readonly facts: ParentFacts; readonly schedule: readonly Slice[] }> {
  const { symbol, side, orderQty } = order;
  const nowMs = node.clock.now();
  const { instrument, quote } = await call<MarketView>("symbols.marketView", { symbol });
  if (instrument === null) throw notFound("symbol", symbol);
  const facts = await factsOf({ call, instrument, quote, strategy, nowMs });
  const parentFacts: ParentFacts = {
    instrument: {
      lotSize: instrument.lotSize,
      tickSize: instrument.tickSize,
      multiplier: instrument.multiplier,
      currency: instrument.currency,
    },
    arrivalPrice: midOf(quote),
    isOwnVolumeOnTape: (order.exDestination ?? instrument.venue) !== PAPER_VENUE,
  };
  const offTick = tickFaults(strategy, instrument.tickSize);
  if (offTick.length > 0) throw unprocessable(offTick);
  if (!isScheduled(strategy) && strategy.name !== "iceberg" && !isSplit(strategy))
    return { facts: parentFacts, schedule: [] };
  const planned = planStrategy({
    side,
    quantity: orderQty,
    strategy,
    venues: null,
    urgency: "medium",
    instrument: parentFacts.instrument,
    facts,
    nowMs,
    seed: seedOf(order.orderId),
  });
  if ("faults" in planned) throw unprocessable(planned.faults.map(inOrder));
  if ("insufficient" in planned) throw insufficientData(planned.insufficient);
  return { facts: parentFacts, schedule: isScheduled(strategy) ? slicesOf(planned.plan) : [] };
}

/** Every child would be denied. */
function tickFaults(strategy: Strategy, tickSize: string): readonly FieldError[] {
  const prices = [
    ...Object.entries(strategy.parameters).filter(([name]) => PRICES.has(name)),
    ...restingPrices(strategy),
  ];
  return prices
    .filter(([, price]) => typeof price === "string" && !isMultipleOf(dec(price), tickSize))
    .map(([name]) =>
      fault(
        `strategy.parameters.${name}`,
        "INVALID_VALUE",
        `must be a multiple of the tick, ${tickSize}`,
      ),
    );
}

function restingPrices({ name, parameters }: Strategy): readonly (readonly [string, unknown])[] {
  if (name !== "smartRouting") return [];
  return (parameters.venues ?? []).map(({ queue }, index) => [
    `venues[${String(index)}].queue.price`,
    queue?.price,
  ]);
}

/** The others are led by the market and by fills. */
function isScheduled({ name }: Strategy): boolean {
  return name === "twap" || name === "vwap" || name === "implementationShortfall";
}

/** Planned at its birth too: where nobody knows the spread it is refused. */
function isSplit({ name, parameters }: Strategy): boolean {
  return name === "smartRouting" && parameters.method === "split";
}

function inOrder(found: FieldFault): FieldError {
  return found.path === "quantity" ? found : { ...found, path: `strategy.${found.path}` };
}

function slicesOf({ schedule }: Plan): readonly Slice[] {
  return schedule.flatMap(({ atMs, quantity }) => (atMs === null ? [] : [{ atMs, quantity }]));
}

/** Halfway between bid and ask, else the last price; null when the market showed neither. */
function midOf(quote: MarketView["quote"]): string | null {
  if (quote === null) return null;
  const { bid, ask, last } = quote;
  return bid === null || ask === null ? last : priceText(dec(bid).plus(ask).dividedBy(2));
}

async function tell(
  node: NodeContext,
  ctx: RequestContext,
  command: Extract<ParentCommand, { readonly type: "Start" | "RecordDenial" }>,
): Promise<OrderView> {
  const { order, strategy, type } = command;
  const answer = await node.actors.call({ type: "algo", id: order.orderId }, command, {
    commandId: uuidv5(NAMESPACE, `${type}:${order.orderId}`),
    // The market may look otherwise to a repeat: what was asked for is what must be the same.
    bodyHash: bodyHash({ order, strategy }),
    ...deadlineOf(ctx, node.clock),
  });
  // sound: the parent's decider replies so to every command
  const { parent } = answer.reply as unknown as ParentReply;
  if (parent === null) throw new Error(`parent ${order.orderId} was not born`);
  return toParentView(parent);
}

/** A parent in the words of REST. */
export function toParentView(parent: ParentSummary): OrderView {
  const { name, state, progress, nextSliceAtMs, childCount } = parent.strategy;
  const nextSliceAt = nextSliceAtMs === null ? null : isoTime(nextSliceAtMs);
  const strategy = { name, state, progress, nextSliceAt, children: childCount };
  return { ...toOrderView(parent), strategy };
}
