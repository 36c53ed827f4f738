import type { Timer } from "../../../mixins/clock.ts";
import { putStreamGaps, streamGaps } from "../../../models/stream-gaps.ts";
import type { StreamGap } from "../../../models/stream-gaps.ts";
import type { NodeContext } from "../../context.ts";
import type { TimeRange } from "../sources/source.ts";

const BACKFILL = "sources.backfill";
/** A day of a busy market's trades, page by page within the vendor's limits. */
const BACKFILL_MS = 1_800_000;
const MINUTE_MS = 60_000;
/** After its end a vendor needs a moment until its history has the last minute of a gap. */
const GRACE_MS = 5_000;
const RETRY_MIN_MS = 5_000;
const RETRY_MAX_MS = 600_000;

export type RepairKind = "bars" | "trades";

interface Gap extends StreamGap {
  readonly failures: number;
}

/** What the repair of gaps needs of its surroundings. */
export interface RepairOptions {
  readonly node: Pick<NodeContext, "broker" | "clock" | "log" | "pool">;
  readonly sourceId: string;
  /** what its history has; empty: nothing is filled in */
  readonly kinds: readonly RepairKind[];
  /** from history's end on, ms; a test does not wait for it */
  readonly graceMs?: number;
  readonly retryMs?: number;
}

/**
 * Fills from history what a stream has missed, in whole minutes, as soon as the last of them is over; again and again until a
 * source has answered. One symbol after the other, the oldest gap first. What is open is on record: whoever plays the source
 * next goes on with it.
 */
export class GapRepair {
  readonly #options: Required<RepairOptions>;
  #gaps: readonly Gap[] = [];
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #recorded: Promise<void> = Promise.resolve();
  #isStopped = false;
  repaired = 0;

  constructor(options: RepairOptions) {
    this.#options = { graceMs: GRACE_MS, retryMs: RETRY_MIN_MS, ...options };
  }

  /** Takes up what was open when the source was played last. */
  async begin(): Promise<void> {
    const { node, sourceId, kinds } = this.#options;
    if (kinds.length === 0) return;
    for (const gap of await streamGaps(node.pool, sourceId))
      this.#gaps = merged(this.#gaps, { ...gap, failures: 0 });
    this.#schedule(0);
  }

  get pending(): number {
    return this.#gaps.length;
  }

  add(symbol: string, { startMs, endMs }: TimeRange): void {
    if (this.#options.kinds.length === 0) return;
    const range = {
      startMs: Math.floor(startMs / MINUTE_MS) * MINUTE_MS,
      endMs: Math.ceil(endMs / MINUTE_MS) * MINUTE_MS,
    };
    this.#gaps = merged(this.#gaps, { symbol, ...range, failures: 0 });
    this.#record(symbol);
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
    await this.#recorded;
  }

  /** One after the other; a gap that could not be written down is filled in all the same, unless the node stops. */
  #record(symbol: string): void {
    const { node, sourceId } = this.#options;
    const put = (): Promise<void> => {
      const open = this.#gaps.filter((gap) => gap.symbol === symbol);
      return putStreamGaps(node.pool, sourceId, symbol, open);
    };
    this.#recorded = this.#recorded.then(put).catch((err: unknown) => {
      node.log.warn({ source: sourceId, symbol, err }, "a gap could not be put on record");
    });
  }

  #schedule(inMs: number): void {
    if (this.#isStopped || this.#running !== null) return;
    const { clock } = this.#options.node;
    const [first] = this.#gaps;
    if (first === undefined) return;
    const readyInMs = first.endMs + this.#options.graceMs - clock.now();
    this.#timer?.cancel();
    this.#timer = clock.setTimer(Math.max(0, readyInMs, inMs), () => this.#begin(first));
  }

  #begin(gap: Gap): void {
    // It may have grown meanwhile, or the machine's clock may have been set.
    const isReady = gap.endMs + this.#options.graceMs <= this.#options.node.clock.now();
    if (!isReady || !this.#gaps.includes(gap)) return this.#schedule(0);
    this.#running = this.#repairThenGoOn(gap);
  }

  async #repairThenGoOn(gap: Gap): Promise<void> {
    const waitMs = await this.#repair(gap);
    this.#running = null;
    this.#schedule(waitMs);
  }

  /** @returns how long to wait before the next, ms */
  async #repair(gap: Gap): Promise<number> {
    const { node, kinds, sourceId, retryMs } = this.#options;
    const { symbol, startMs, endMs, failures } = gap;
    try {
      if (!node.broker.registry.actions.isAvailable(BACKFILL))
        throw new Error(`no node here has ${BACKFILL}`);
      await node.broker.call(
        BACKFILL,
        { source: sourceId, symbol, kinds, startMs, endMs },
        { timeout: BACKFILL_MS },
      );
      this.#gaps = this.#gaps.filter((one) => one !== gap);
      this.#record(symbol);
      this.repaired += 1;
      return 0;
    } catch (err) {
      const fields = { source: sourceId, symbol, startMs, endMs, err };
      if (failures === 0) node.log.warn(fields, "a gap could not be filled in yet");
      // Another gap may have grown together with it meanwhile.
      if (!this.#gaps.includes(gap)) return 0;
      // To the end of the queue: one symbol that nobody knows does not keep the others waiting.
      const again = { ...gap, failures: failures + 1 };
      this.#gaps = [...this.#gaps.filter((one) => one !== gap), again];
      return Math.min(RETRY_MAX_MS, retryMs * 2 ** Math.min(failures, 10));
    }
  }
}

/** With what it overlaps of the same symbol it is one gap. */
function merged(gaps: readonly Gap[], added: Gap): readonly Gap[] {
  const isTouched = (gap: Gap): boolean =>
    gap.symbol === added.symbol && gap.startMs <= added.endMs && added.startMs <= gap.endMs;
  const touched = gaps.filter(isTouched);
  const whole = {
    ...added,
    startMs: Math.min(added.startMs, ...touched.map((gap) => gap.startMs)),
    endMs: Math.max(added.endMs, ...touched.map((gap) => gap.endMs)),
  };
  return [...gaps.filter((gap) => !isTouched(gap)), whole];
}
