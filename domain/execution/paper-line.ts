/**
 * The line between the venue and us: reports that take their time, come twice, or are overtaken. Time is the market's: a report
 * that is on its way is told with the first bar or quote after its time. What happened at the venue has happened, whenever it
 * is told.
 */
import type { ExecutionReport } from "../order/execution-report.ts";
import { draw, seedOf } from "./algorithms/seeded.ts";
import { endsMs } from "./market.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";
import type { Line, Passage } from "./venue-rules.ts";

export interface HeldReport extends Passage {
  readonly report: ExecutionReport;
}

/** The event with the fate of its report, when that is another than to be told at once. */
export function sentBy(line: Line | undefined, event: PaperVenueEvent): PaperVenueEvent {
  if (line === undefined || !("report" in event)) return event;
  const passage = passageOf(line, event.report);
  return passage === null ? event : { ...event, passage };
}

function passageOf(line: Line, { execId, transactTimeMs }: ExecutionReport): Passage | null {
  const seed = seedOf(`${line.seed}:${execId}`);
  const isHit = (index: number, probability: number) => draw(seed, index) < probability;
  const jitterMs = Math.floor(draw(seed, 0) * (line.jitterMs + 1));
  const delayMs = isHit(1, line.delay.probability) ? line.delay.ms : 0;
  // Told a millisecond later is told with the next bar or quote, after all that this one brings.
  const overtakenMs = isHit(2, line.reorder) ? 1 : 0;
  const isTwice = isHit(3, line.duplicate);
  const lateMs = line.reportMs + jitterMs + delayMs + overtakenMs;
  if (lateMs === 0 && !isTwice) return null;
  const tellAtMs = transactTimeMs + lateMs;
  return isTwice ? { tellAtMs, isTwice } : { tellAtMs };
}

export function arrived(held: readonly HeldReport[]): readonly PaperVenueEvent[] {
  const execIds = held.map(({ report }) => report.execId);
  return execIds.length === 0 ? [] : [{ type: "VenueReportsArrived", execIds }];
}

/** What arrives with a bar or quote, the first sent first. */
export function arriving(held: readonly HeldReport[], seen: MarketSeen): readonly HeldReport[] {
  return held.filter(({ tellAtMs }) => tellAtMs <= endsMs(seen));
}
