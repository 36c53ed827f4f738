import { draw, seedOf } from "../../../domain/execution/algorithms/seeded.ts";
import type { Faults, Latency, PaperSettings } from "../../../domain/execution/paper-settings.ts";
import type { Line } from "../../../domain/execution/venue-rules.ts";

/** Cancels and amendments that failed once; forgotten together when there are so many. */
const REMEMBERED = 10_000;

/**
 * What goes wrong between an account and its simulated venues, and how long things take. Decided by the seed and the order's
 * id, so that a run can be repeated.
 */
export class PaperLine {
  /** how reports travel; undefined when they are told at once */
  readonly reports: Line | undefined;
  readonly #latency: Latency;
  readonly #faults: Faults;
  readonly #failed = new Set<string>();

  constructor({ latency, faults }: Pick<PaperSettings, "latency" | "faults">) {
    this.#latency = latency;
    this.#faults = faults;
    this.reports = reportLine(latency, faults);
  }

  /** How long an order takes to the market, ms by market time. */
  submitMs(clOrdId: string): number {
    return this.#latency.submitMs + this.#jitterMs(`submit:${clOrdId}`);
  }

  /** The same for what changes or ends an order. */
  cancelMs(name: string): number {
    return this.#latency.cancelMs + this.#jitterMs(`cancel:${name}`);
  }

  isRejected(clOrdId: string): boolean {
    return this.#isHit(`reject:${clOrdId}`, this.#faults.reject);
  }

  /** @throws Error for the first call of the name, if it is one that does not come through */
  dial(name: string, isRepeat: boolean): void {
    if (isRepeat || !this.#isHit(`disconnect:${name}`, this.#faults.disconnect)) return;
    if (this.#failed.has(name)) return;
    if (this.#failed.size >= REMEMBERED) this.#failed.clear();
    this.#failed.add(name);
    throw new Error(`the paper account's line was down for ${name}: a simulated fault`);
  }

  /** @throws Error after the venue has taken the first sending, if its answer is one that is lost */
  hear(clOrdId: string, isRepeat: boolean): void {
    if (isRepeat || !this.#isHit(`dropReply:${clOrdId}`, this.#faults.dropReply)) return;
    throw new Error(`the paper venue's answer to ${clOrdId} was lost: a simulated fault`);
  }

  #isHit(name: string, probability: number): boolean {
    return draw(seedOf(`${this.#faults.seed}:${name}`), 0) < probability;
  }

  #jitterMs(name: string): number {
    const { jitterMs, seed } = this.#latency;
    return Math.floor(draw(seedOf(`${seed}:${name}`), 0) * (jitterMs + 1));
  }
}

function reportLine(latency: Latency, faults: Faults): Line | undefined {
  const { reportMs, jitterMs } = latency;
  const { duplicate, reorder, delay, delayMs } = faults;
  const isPlain = reportMs + jitterMs + duplicate + reorder + delay === 0;
  if (isPlain) return undefined;
  const seed = `${latency.seed}:${faults.seed}`;
  return {
    seed,
    reportMs,
    jitterMs,
    duplicate,
    reorder,
    delay: { probability: delay, ms: delayMs },
  };
}
