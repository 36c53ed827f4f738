import type { Timer } from "../../../mixins/clock.ts";
import { recordRefusals } from "../../../models/quality.ts";
import type { NodeContext } from "../../context.ts";

const EVERY_MS = 2_000;

interface Counted {
  readonly symbol: string;
  readonly reason: string;
  n: number;
  detail: string | null;
}

/** Counts what a stream brought and was not taken, and puts it on record for the quality report, a statement a reason. */
export class LiveRefusals {
  readonly #node: Pick<NodeContext, "pool" | "clock" | "log">;
  readonly #source: string;
  #counts = new Map<string, Counted>();
  #timer: Timer | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(node: Pick<NodeContext, "pool" | "clock" | "log">, source: string) {
    this.#node = node;
    this.#source = source;
  }

  /** @param reason as `recordRefusals` has it */
  add(symbol: string, reason: string, n = 1, detail: string | null = null): void {
    if (n === 0) return;
    const key = JSON.stringify([symbol, reason]);
    const counted = this.#counts.get(key) ?? { symbol, reason, n: 0, detail };
    counted.n += n;
    counted.detail = detail ?? counted.detail;
    this.#counts.set(key, counted);
    this.#timer ??= this.#node.clock.setTimer(EVERY_MS, () => void this.write());
  }

  /** Resolves when all that was counted is on record, or could not be put there. */
  write(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async stop(): Promise<void> {
    await this.write();
    this.#timer?.cancel();
  }

  async #write(): Promise<void> {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const { symbol, reason, n, detail } of counts.values()) {
      try {
        await recordRefusals(this.#node.pool, symbol, this.#source, reason, n, detail);
      } catch (err) {
        this.#node.log.warn({ source: this.#source, symbol, reason, err }, "refusals wait");
        this.add(symbol, reason, n, detail);
      }
    }
  }
}
