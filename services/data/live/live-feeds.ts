import type { NodeContext } from "../../context.ts";
import type { MarketChain } from "../market-chain.ts";
import type { KnownSource, SourceRegistry } from "../sources/registry.ts";
import type { StreamSubscription } from "../sources/source.ts";
import type { LiveStatus } from "./live-counts.ts";
import { LiveSource } from "./live-source.ts";

/** What somebody wants to be played live. */
interface LiveWish extends StreamSubscription {
  readonly sourceId: string;
}

export interface LiveFeedsOptions {
  readonly node: NodeContext;
  readonly chain: MarketChain;
  readonly registry: SourceRegistry;
}

/**
 * The live feeds of this installation: each source is the duty of one node, and one that fails stops no other. What is set
 * over REST goes before what the environment says.
 */
export class LiveFeeds {
  readonly #options: LiveFeedsOptions;
  readonly #sources = new Map<string, LiveSource>();

  constructor(options: LiveFeedsOptions) {
    this.#options = options;
    const wishOf = (source: KnownSource): StreamSubscription | null => this.#wishOf(source);
    for (const { definition } of options.registry.all()) {
      const { sourceId, streams } = definition;
      if (streams.length > 0)
        this.#sources.set(sourceId, new LiveSource({ ...options, sourceId, wishOf }));
    }
  }

  get sourceIds(): readonly string[] {
    return [...this.#sources.keys()];
  }

  start(): void {
    const { actorSystem, config, log } = this.#options.node;
    for (const [sourceId, source] of this.#sources) actorSystem.onDuty(dutyOf(sourceId), source);
    for (const { sourceId } of config.liveFeeds) {
      if (!this.#sources.has(sourceId))
        log.error({ source: sourceId }, "LIVE_FEEDS names a source that has no stream");
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.stop()));
  }

  /** Something was set anew: what plays here follows. */
  async look(sourceId: string): Promise<void> {
    await this.#sources.get(sourceId)?.look();
  }

  /** Of every source that somebody wants to be played, wherever it is. */
  async statuses(): Promise<readonly LiveStatus[]> {
    return Promise.all((await this.#wishes()).map((wish) => this.#status(wish)));
  }

  /** Of a source that this node plays; null: it does not. */
  ownStatus(sourceId: string): LiveStatus | null {
    return this.#sources.get(sourceId)?.status ?? null;
  }

  async #wishes(): Promise<readonly LiveWish[]> {
    const { registry, node } = this.#options;
    await registry.refresh();
    const known = registry.all().flatMap((source) => {
      const wish = this.#wishOf(source);
      return wish === null ? [] : [{ sourceId: source.definition.sourceId, ...wish }];
    });
    const lost = node.config.liveFeeds.filter(({ sourceId }) => !this.#sources.has(sourceId));
    return [...known, ...lost];
  }

  #wishOf({ definition, settings }: KnownSource): StreamSubscription | null {
    const { sourceId, streams, isConfigured } = definition;
    const told = this.#options.node.config.liveFeeds.find((feed) => feed.sourceId === sourceId);
    const symbols = settings.liveSymbols ?? told?.symbols ?? [];
    const wanted = settings.liveKinds ?? told?.kinds ?? streams;
    const kinds = streams.filter((kind) => wanted.includes(kind));
    const isWanted = settings.isEnabled && symbols.length > 0 && kinds.length > 0;
    return isWanted && isConfigured ? { symbols, kinds } : null;
  }

  async #status(wish: LiveWish): Promise<LiveStatus> {
    const { node } = this.#options;
    const { sourceId } = wish;
    const owner = node.actorSystem.ownerOf(dutyOf(sourceId));
    const isElsewhere = owner !== null && owner !== node.config.nodeId;
    if (!isElsewhere)
      return this.ownStatus(sourceId) ?? unknown(wish, this.#sources.get(sourceId)?.failure);
    const told = await node.broker
      .call<LiveStatus | null, { readonly sourceId: string }>(
        "feeds.liveStatus",
        { sourceId },
        { nodeID: owner },
      )
      .catch(() => null);
    return told ?? unknown(wish, null);
  }
}

/** Names the duty of playing a source's stream. */
function dutyOf(sourceId: string) {
  return { type: "feed", id: `live-${sourceId}` };
}

/** Of a source that nobody plays, or whose node does not answer. */
function unknown(
  { sourceId, symbols, kinds }: LiveWish,
  failure: string | null = null,
): LiveStatus {
  return {
    sourceId,
    symbols,
    kinds,
    state: "closed",
    eventsPerSecond: 0,
    lagMs: null,
    lastEventMs: null,
    lastErrors: failure === null ? [] : [failure],
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
