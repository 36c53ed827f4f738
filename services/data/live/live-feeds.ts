import type { NodeContext } from "../../context.ts";
import type { MarketChain } from "../market-chain.ts";
import type { StreamSubscription } from "../sources/source.ts";
import type { LiveStatus } from "./live-counts.ts";
import { LiveRunner } from "./live-runner.ts";
import type { OpenStream } from "./open-stream.ts";

/** What somebody wants to be played live. */
export interface LiveWish extends StreamSubscription {
  readonly sourceId: string;
}

export interface LiveFeedsOptions {
  readonly node: NodeContext;
  readonly chain: MarketChain;
  readonly wishes: readonly LiveWish[];
  /** null: the source has no stream, or is not configured. @throws when it cannot be opened */
  readonly streamOf: (sourceId: string) => OpenStream | null;
}

/** The live feeds of this installation: each source is the duty of one node, and one that fails stops no other. */
export class LiveFeeds {
  readonly #options: LiveFeedsOptions;
  readonly #runners = new Map<string, LiveRunner>();

  constructor(options: LiveFeedsOptions) {
    this.#options = options;
    for (const wish of options.wishes) this.#add(wish);
  }

  get sourceIds(): readonly string[] {
    return [...this.#runners.keys()];
  }

  start(): void {
    const { actorSystem } = this.#options.node;
    for (const [sourceId, runner] of this.#runners) actorSystem.onDuty(dutyOf(sourceId), runner);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  /** Of every source, wherever it is played. */
  async statuses(): Promise<readonly LiveStatus[]> {
    const { wishes } = this.#options;
    return Promise.all(wishes.map((wish) => this.#status(wish)));
  }

  /** Of a source that this node plays; null: it does not. */
  ownStatus(sourceId: string): LiveStatus | null {
    return this.#runners.get(sourceId)?.status ?? null;
  }

  #add(wish: LiveWish): void {
    const { node, chain, streamOf } = this.#options;
    try {
      const stream = streamOf(wish.sourceId);
      if (stream === null) throw new Error("it has no stream, or its keys are not configured");
      this.#runners.set(wish.sourceId, new LiveRunner({ node, chain, stream, ...wish }));
    } catch (err) {
      node.log.error({ source: wish.sourceId, err }, "a live source cannot be played");
    }
  }

  async #status(wish: LiveWish): Promise<LiveStatus> {
    const { node } = this.#options;
    const owner = node.actorSystem.ownerOf(dutyOf(wish.sourceId));
    const { sourceId } = wish;
    const isElsewhere = owner !== null && owner !== node.config.nodeId;
    const told = isElsewhere
      ? await node.broker
          .call<LiveStatus | null, { readonly sourceId: string }>(
            "feeds.liveStatus",
            { sourceId },
            { nodeID: owner },
          )
          .catch(() => null)
      : this.ownStatus(sourceId);
    return told ?? unknown(wish);
  }
}

/** Names the duty of playing a source's stream. */
function dutyOf(sourceId: string) {
  return { type: "feed", id: `live-${sourceId}` };
}

/** Of a source that nobody plays, or whose node does not answer. */
function unknown({ sourceId, symbols, kinds }: LiveWish): LiveStatus {
  return {
    sourceId,
    symbols,
    kinds,
    state: "closed",
    eventsPerSecond: 0,
    lagMs: null,
    lastEventMs: null,
    lastErrors: [],
    events: 0,
    reconnects: 0,
    cuts: 0,
    gaps: 0,
    gapsOpen: 0,
    gapsRepaired: 0,
    refused: 0,
    waiting: 0,
    conflated: 0,
  };
}
