import { getFeedPosition, saveFeedPosition, setFeedStatus } from "../../models/feed-positions.ts";
import type { FeedStatus } from "../../models/feed-positions.ts";
import type { NodeContext } from "../context.ts";
import type { Feed, FeedItem, MarketSource } from "./feeds/feed.ts";
import { ReplayFeed } from "./feeds/replay.feed.ts";
import { MarketChain } from "./market-chain.ts";
import type { Market } from "./market.ts";

const RETRY_MS = 500;
/** What a crash left to be done is done before the feed goes on, unless a dependency of it is down. */
const RECOVERY_MS = 5_000;

export interface FeedView {
  readonly feedId: string;
  readonly source: string;
  readonly state: string;
  readonly position: number;
  readonly refused: number;
}

/**
 * Plays one feed into the symbol actors and on along the chain. Each item is acknowledged all the way before the next is
 * taken, and the position is kept after that: a crash repeats the last item, and every step of the chain is idempotent.
 */
export class FeedRunner {
  readonly feedId: string;
  readonly #node: NodeContext;
  readonly #chain: MarketChain;
  readonly #source: MarketSource;
  #feed: Feed | null = null;
  #refused = 0;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(node: NodeContext, market: Market, feedId: string, source: MarketSource) {
    this.feedId = feedId;
    this.#node = node;
    this.#chain = new MarketChain(node, market);
    this.#source = source;
  }

  get view(): FeedView {
    const { feedId } = this;
    const { state = "idle", position = 0 } = this.#feed ?? {};
    return { feedId, source: this.#source.name, state, position, refused: this.#refused };
  }

  /** Goes on where the feed stood when this installation stopped. */
  async start(): Promise<void> {
    const { pool, clock, config } = this.#node;
    this.#isStopped = false;
    const known = await getFeedPosition(pool, this.feedId);
    if (known === null) await saveFeedPosition(pool, this.feedId, 0);
    const after = typeof known?.position === "number" ? known.position : 0;
    this.#feed = new ReplayFeed({
      source: this.#source,
      clock,
      pace: { eventsPerSecond: config.replaySpeed },
      // The last item is played again: how far it had come along the chain is not known.
      after: Math.max(0, after - 1),
    });
    if (known?.status === "paused") this.#feed.pause();
    await this.#node.actorSystem.settled(RECOVERY_MS);
    this.#running = this.#play(this.#feed);
  }

  async pause(): Promise<void> {
    await this.#setStatus("paused");
    this.#feed?.pause();
  }

  async resume(): Promise<void> {
    await this.#setStatus("running");
    this.#feed?.resume();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#feed?.stop();
    await this.#running;
  }

  async #setStatus(status: FeedStatus): Promise<void> {
    await setFeedStatus(this.#node.pool, this.feedId, status);
  }

  async #play(feed: Feed): Promise<void> {
    const { log, pool } = this.#node;
    try {
      for await (const item of feed.items()) {
        await this.#untilDone(item);
        if (this.#isStopped) return;
      }
      // A feed that is stopped ends like one that has come to its end.
      if (this.#isStopped) return;
      await setFeedStatus(pool, this.feedId, "finished");
      log.info({ feed: this.feedId }, "the feed has come to its end");
    } catch (error) {
      log.error({ feed: this.feedId, err: error }, "the feed has failed");
    }
  }

  /** Nothing is skipped: while a dependency is down the item waits. */
  async #untilDone(item: FeedItem): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#take(item);
        await saveFeedPosition(this.#node.pool, this.feedId, item.position);
        return;
      } catch (error) {
        this.#node.log.warn(
          { feed: this.feedId, position: item.position, err: error },
          "an item waits",
        );
        await this.#node.clock.sleep(RETRY_MS);
      }
    }
  }

  async #take(item: FeedItem): Promise<void> {
    if ("refused" in item) {
      this.#refused += 1;
      this.#node.log.warn(
        { feed: this.feedId, row: item.position, ...item.refused },
        "a row was refused",
      );
      return;
    }
    const { event } = item;
    switch (event.kind) {
      case "bar":
        await this.#chain.takeBar(event.bar, item.tsInitMs);
        return;
      case "trade":
        return this.#chain.takeTrade(event.trade, item.tsInitMs);
      case "quote":
        return this.#chain.takeQuote(event.quote);
      case "book":
        return this.#chain.takeBook(event.book);
    }
  }
}
