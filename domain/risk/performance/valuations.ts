import type { EquityPoint } from "../../portfolio/equity-curve.ts";
import type { PortfolioEvent } from "../../portfolio/messages.ts";
import { dec, type Decimal, ZERO } from "../../shared/decimal.ts";
import { DAY_MS } from "../../market/calendars/time-zone.ts";
import type { Valuation } from "./time-weighted.ts";

/** A price of a position that is older says little: longer than any weekend with its holidays. */
const FRESH_MS = 5 * DAY_MS;

/**
 * What a portfolio was worth whenever something happened, and what its owner put in or took out then. Deposits and withdrawals
 * are flows; dividends, fees and interest are not: they are what the portfolio earned. Each flow has a valuation, at the prices
 * that were known then; where those are old it is marked as unpriced. Money becomes float64 here.
 * @param points the equity curve of these events
 * @returns in order of time; the opening cash first, at the instant of the first point
 */
export function valuationsOf(
  events: readonly PortfolioEvent[],
  points: readonly EquityPoint[],
): readonly Valuation[] {
  const [first] = points;
  if (first === undefined) return [];
  const opened = events.find((event) => event.type === "PortfolioOpened");
  const cash = Number(opened?.initialCash ?? 0);
  const flows = flowsOf(events);
  let pricedMs = -Infinity;
  const valuations = points.map(({ timestampMs, equity, positionsValue }): Valuation => {
    const flow = flows.get(timestampMs)?.toNumber() ?? 0;
    // Every other point is a close or a fill, but for what cash earns and pays, which comes with the days.
    if (flow === 0 || positionsValue === "0") pricedMs = timestampMs;
    const isUnpriced = timestampMs - pricedMs > FRESH_MS;
    return { atMs: timestampMs, value: Number(equity), flow, ...(isUnpriced && { isUnpriced }) };
  });
  return [{ atMs: first.timestampMs, value: cash, flow: cash }, ...valuations];
}

function flowsOf(events: readonly PortfolioEvent[]): ReadonlyMap<number, Decimal> {
  const flows = new Map<number, Decimal>();
  for (const event of events)
    if (event.type === "CashMoved") {
      const { effectiveAtMs, inBase } = event;
      const amount = inBase?.flows.netDeposits ?? event.amount;
      flows.set(effectiveAtMs, dec(amount).plus(flows.get(effectiveAtMs) ?? ZERO));
    }
  return flows;
}

/**
 * The valuations of a span: what was there when it began counts as put in then.
 * @param startMs with the value at this instant it begins
 * @param endMs   and with the one at this instant it ends: a day ends with what closes at its midnight
 */
export function within(
  valuations: readonly Valuation[],
  startMs: number,
  endMs: number,
): readonly Valuation[] {
  const inside = valuations.filter(({ atMs }) => atMs > startMs && atMs <= endMs);
  const before = valuations.findLast(({ atMs }) => atMs <= startMs);
  if (before === undefined) return inside;
  return [{ atMs: before.atMs, value: before.value, flow: before.value }, ...inside];
}
