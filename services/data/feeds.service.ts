import type { Context, ServiceSchema } from "moleculer";
import { upsertInstrument } from "../../models/instruments.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { NodeContext } from "../context.ts";
import { FeedRunner } from "./feed-runner.ts";
import type { FeedView } from "./feed-runner.ts";
import { sp500Source, SPX } from "./feeds/sp500.ts";
import type { Market } from "./market.ts";

type OfFeed = Context<{ readonly feedId: string }>;

/** The feeds that this node plays: with sample data the packaged S&P 500. */
export function feedsService(node: NodeContext, market: Market): ServiceSchema {
  const runners = new Map<string, FeedRunner>();
  const runnerOf = (feedId: string): FeedRunner => {
    const runner = runners.get(feedId);
    if (runner === undefined) throw notFound("feed", feedId);
    return runner;
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
        handler: async (): Promise<null> => {
          for (const runner of runners.values()) await runner.start();
          return null;
        },
      },
      pause: {
        visibility: "public",
        handler: async ({ params }: OfFeed): Promise<FeedView> => {
          await runnerOf(params.feedId).pause();
          return runnerOf(params.feedId).view;
        },
      },
      resume: {
        visibility: "public",
        handler: async ({ params }: OfFeed): Promise<FeedView> => {
          await runnerOf(params.feedId).resume();
          return runnerOf(params.feedId).view;
        },
      },
    },
    async started() {
      if (!node.config.hasSampleData) return;
      await upsertInstrument(node.pool, SPX);
      runners.set("replay-spx", new FeedRunner(node, market, "replay-spx", sp500Source()));
    },
    async stopped() {
      for (const runner of runners.values()) await runner.stop();
    },
  };
}
