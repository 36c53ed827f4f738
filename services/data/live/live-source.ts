import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import type { NodeContext } from "../../context.ts";
import type { MarketChain } from "../market-chain.ts";
import type { KnownSource, SourceRegistry } from "../sources/registry.ts";
import type { StreamSubscription } from "../sources/source.ts";
import type { RepairKind } from "./gap-repair.ts";
import type { LiveStatus } from "./live-counts.ts";
import { LiveRunner } from "./live-runner.ts";
import { openerOf } from "./open-stream.ts";
import type { StreamOpener } from "./open-stream.ts";

/** Another node may have been told: each looks for itself, should the word that something has changed be lost. */
const LOOK_EVERY_MS = 5_000;

export interface LiveSourceOptions {
  readonly node: NodeContext;
  readonly chain: MarketChain;
  readonly registry: SourceRegistry;
  readonly sourceId: string;
  /** what is wanted of a source now; null: nothing */
  readonly wishOf: (source: KnownSource) => StreamSubscription | null;
}

/** Plays the stream of one source as it is set now, and anew whenever that changes. It is the duty of one node at a time. */
export class LiveSource implements Work {
  readonly #options: LiveSourceOptions;
  readonly #open: StreamOpener | null;
  #runner: LiveRunner | null = null;
  /** what the runner was told, as text */
  #told: string | null = null;
  #failure: string | null = null;
  #timer: Timer | null = null;
  #isStopped = true;
  #last: Promise<void> = Promise.resolve();

  constructor(options: LiveSourceOptions) {
    this.#options = options;
    this.#open = openerOf(options.node, options.sourceId);
  }

  /** Null: it does not play here. */
  get status(): LiveStatus | null {
    return this.#runner?.status ?? null;
  }

  /** Why it cannot be played; null: it can. */
  get failure(): string | null {
    return this.#failure;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    await this.look();
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#last;
    await this.#end();
  }

  /** Follows what is set now, if it plays here. Answers once it does. */
  look(): Promise<void> {
    this.#last = this.#last.then(() => this.#follow());
    return this.#last;
  }

  #wait(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.node.clock.setTimer(LOOK_EVERY_MS, () => {
      void this.look().finally(() => this.#wait());
    });
  }

  async #follow(): Promise<void> {
    if (this.#isStopped) return;
    const { node, registry, sourceId, wishOf } = this.#options;
    try {
      await registry.refresh();
      const source = registry.find(sourceId);
      const wish = source === null ? null : wishOf(source);
      const told = source && wish ? textOf(source, wish) : null;
      if (told === this.#told) return;
      await this.#end();
      if (source === null || wish === null) return;
      await this.#play(source, wish);
      this.#told = told;
      this.#failure = null;
    } catch (err) {
      // It goes on as it was, or is tried again with the next look.
      this.#failed(err);
      node.log.debug({ source: sourceId, err }, "a live source waits");
    }
  }

  #failed(err: unknown): void {
    const { node, sourceId } = this.#options;
    const why = err instanceof Error ? err.message : "unknown";
    if (why !== this.#failure)
      node.log.warn({ source: sourceId, err }, "a live source cannot be played");
    this.#failure = why;
  }

  async #play(source: KnownSource, wish: StreamSubscription): Promise<void> {
    const { node, chain, sourceId } = this.#options;
    const parts = { node, chain, sourceId, ...wish, repairs: repairsOf(source) };
    const stream = this.#open?.(source.symbolAt, (fields, message) => {
      node.log.warn({ source: sourceId, ...fields }, message);
      this.#runner?.warn(reasonOf(fields, message));
    });
    if (stream === undefined) return;
    this.#runner = new LiveRunner({ ...parts, stream });
    await this.#runner.start();
  }

  async #end(): Promise<void> {
    const runner = this.#runner;
    this.#told = null;
    await runner?.stop();
    this.#runner = null;
  }
}

/** A name that changes is another subscription. */
function textOf({ symbolAt }: KnownSource, { symbols, kinds }: StreamSubscription): string {
  return JSON.stringify([symbols.map((symbol) => [symbol, symbolAt(symbol)]), kinds]);
}

function repairsOf({ definition: { timeframes, hasTrades } }: KnownSource): readonly RepairKind[] {
  const bars = timeframes.includes("1m") ? (["bars"] as const) : [];
  return hasTrades ? [...bars, "trades"] : bars;
}

function reasonOf(fields: object, message: string): string {
  if ("why" in fields && typeof fields.why === "string") return `${message}: ${fields.why}`;
  return message;
}
