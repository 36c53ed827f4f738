import { AlternativeStore } from "../../models/alternative-data.ts";
import type { NodeModule } from "../context.ts";
import { alternativeDataService } from "./alternative-data.service.ts";
import { AlternativeRegistry } from "./alternative/registry.ts";
import { closesService } from "./closes.service.ts";
import { collectionSchedulesService } from "./collection-schedules.service.ts";
import { corporateActionsService } from "./corporate-actions.service.ts";
import { dataSourcesServices } from "./data-sources.service.ts";
import { featuresService } from "./features.service.ts";
import { feedsService } from "./feeds.service.ts";
import { LiveFeeds } from "./live/live-feeds.ts";
import { MarketChain } from "./market-chain.ts";
import { marketBarsService } from "./market-bars.service.ts";
import { marketDataService } from "./market-data.service.ts";
import { marketStoreService } from "./market-store.service.ts";
import { Market } from "./market.ts";
import { qualityService } from "./quality.service.ts";
import { SourceRegistry } from "./sources/registry.ts";
import { symbolKind } from "./symbol-kind.ts";
import { symbolsService } from "./symbols.service.ts";

/** Market data: symbols, bars, features and the feeds that bring them. */
export const data: NodeModule = {
  kinds: (node) => [symbolKind(node)],
  services: (node) => {
    const market = new Market(node);
    const alternative = new AlternativeStore(node.documents.connection);
    const registry = new SourceRegistry(node);
    const sources = new AlternativeRegistry(node);
    const live = new LiveFeeds({ node, chain: new MarketChain(node, market), registry });
    return [
      symbolsService(node, market),
      marketDataService(node, market),
      marketStoreService(node, market),
      corporateActionsService(node, market),
      qualityService(node, market),
      marketBarsService(node, market),
      closesService(node, market),
      featuresService(node, market, alternative),
      feedsService(node, market, live),
      ...dataSourcesServices({ node, market, registry, live }),
      alternativeDataService(node, market, alternative, sources),
      collectionSchedulesService({ node, market, registry, alternative: sources }),
    ];
  },
};
