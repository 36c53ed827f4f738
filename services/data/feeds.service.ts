import type { Context, ServiceSchema } from "moleculer";
import { upsertInstrument } from "../../models/instruments.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { StreamingStatusView } from "../../mixins/rest/routes/streaming.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { NodeContext } from "../context.ts";
import { FeedRunner } from "./feed-runner.ts";
import type { FeedView } from "./feed-runner.ts";
import { sp500Source, SPX } from "./feeds/sp500.ts";
import type { LiveStatus } from "./live/live-counts.ts";
import type { LiveFeeds } from "./live/live-feeds.ts";
import { liveMetrics } from "./live/live-metrics.ts";
import type { Market } from "./market.ts";

type OfFeed = Context<{ readonly feedId: string; readonly isForwarded?: boolean }>;

/** The feeds of this installation, each played by one node: with sample data the packaged S&P 500. */
export function feedsService(node: NodeContext, market: Market, live: LiveFeeds): ServiceSchema {
  const runners = new Map<string, FeedRunner>();
  liveMetrics(node.metrics, live);
  const runnerOf = (feedId: string): FeedRunner => {
    const runner = runners.get(feedId);
    if (runner === undefined) throw notFound("feed", feedId);
    return runner;
  };
  /** Done by the node that plays the feed. */
  const steer = async (verb: "pause" | "resume", { params }: OfFeed): Promise<FeedView> => {
    const { feedId, isForwarded = false } = params;
    const owner = node.actorSystem.ownerOf(feedRef(feedId));
    if (owner !== null && owner !== node.config.nodeId && !isForwarded) {
      const forwarded = { feedId, isForwarded: true };
      return node.broker.call(`feeds.${verb}`, forwarded, { nodeID: owner });
    }
    const runner = runnerOf(feedId);
    await (verb === "pause" ? runner.pause() : runner.resume());
    return runner.view;
  };
  return {
    name: "feeds",
    actions: {
      list: {
        visibility: "public",
        handler: (): readonly FeedView[] => [...runners.values()].map((runner) => runner.view),
      },
      /** Begins to play; called once every service is up, so that no bar finds its takers missing. */
      start: {
        visibility: "public",
        handler: (): null => {
          for (const runner of runners.values())
            node.actorSystem.onDuty(feedRef(runner.feedId), runner);
          live.start();
          return null;
        },
      },
      pause: {
        visibility: "public",
        handler: (ctx: OfFeed): Promise<FeedView> => steer("pause", ctx),
      },
      resume: {
        visibility: "public",
        handler: (ctx: OfFeed): Promise<FeedView> => steer("resume", ctx),
      },
      streaming: async (): Promise<StreamingStatusView> => ({
        data: (await live.statuses()).map(liveView),
      }),
      /** Asked of the node that plays the source. */
      liveStatus: {
        visibility: "public",
        handler: ({ params }: Context<{ readonly sourceId: string }>): LiveStatus | null =>
          live.ownStatus(params.sourceId),
      },
    },
    async started() {
      if (!node.config.hasSampleData) return;
      await upsertInstrument(node.pool, SPX);
      runners.set("replay-spx", new FeedRunner(node, market, "replay-spx", sp500Source()));
    },
    async stopped() {
      for (const runner of runners.values()) await runner.stop();
      await live.stop();
    },
  };
}

/** Names the duty of playing a feed. */
function feedRef(feedId: string) {
  return { type: "feed", id: feedId };
}

function liveView({ lastEventMs, ...status }: LiveStatus): StreamingStatusView["data"][number] {
  const { symbols, kinds, lastErrors } = status;
  return {
    ...status,
    symbols: [...symbols],
    kinds: [...kinds],
    lastErrors: [...lastErrors],
    lastEventAt: lastEventMs === null ? null : isoTime(lastEventMs),
  };
}
