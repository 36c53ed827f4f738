import type { NodeModule } from "../context.ts";
import { featuresService } from "./features.service.ts";
import { feedsService } from "./feeds.service.ts";
import { marketDataService } from "./market-data.service.ts";
import { Market } from "./market.ts";
import { symbolKind } from "./symbol-kind.ts";
import { symbolsService } from "./symbols.service.ts";

/** Market data: symbols, bars, features and the feeds that bring them. */
export const data: NodeModule = {
  kinds: (node) => [symbolKind(node)],
  services: (node) => {
    const market = new Market(node);
    return [
      symbolsService(node, market),
      marketDataService(node, market),
      featuresService(node, market),
      feedsService(node, market),
    ];
  },
};
