import type { NodeModule } from "../context.ts";
import { Datasets } from "./datasets/datasets.ts";
import { datasetsService } from "./datasets.service.ts";
import { registryServices } from "./registry/services.ts";
import { rlService } from "./rl.service.ts";
import { servingServices } from "./serving/services.ts";
import { signalsService } from "./signals.service.ts";
import { tradingStrategiesService } from "./trading-strategies.service.ts";

/** Signals: from features to what a portfolio acts upon. */
export const ai: NodeModule = {
  kinds: () => [],
  services: (node) => {
    // One for all: what one of them has read the others need not read again.
    const datasets = new Datasets(node);
    return [
      datasetsService(node, datasets),
      signalsService(node),
      tradingStrategiesService(node),
      rlService(node, datasets),
      ...registryServices(node, datasets),
      ...servingServices(node, datasets),
    ];
  },
};
