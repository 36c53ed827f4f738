import type { NodeModule } from "../context.ts";
import { algoKind } from "./algo-kind.ts";
import { brokerAccountsService } from "./broker-accounts.service.ts";
import { paperVenueKind } from "./brokers/paper.broker.ts";
import { BrokerRegistry } from "./brokers/registry.ts";
import { Secrets } from "./brokers/secrets.ts";
import { brokersService } from "./brokers.service.ts";
import { groupKind } from "./group-kind.ts";
import { groupsService } from "./groups.service.ts";
import { orderKind } from "./order-kind.ts";
import { ordersService } from "./orders.service.ts";
import { strategyOrdersService } from "./strategy-orders.service.ts";
import { strategiesService } from "./strategies.service.ts";
import { tradesService } from "./trades.service.ts";

/** Order lifecycle, brokers and trades. */
export const execution: NodeModule = {
  kinds: (node) => [orderKind(node), algoKind(node), groupKind(node), paperVenueKind()],
  services: (node) => {
    const secrets = new Secrets(node);
    const registry = new BrokerRegistry(node, secrets);
    return [
      ordersService(node),
      groupsService(node),
      brokersService(node, registry, secrets),
      brokerAccountsService(node, registry, secrets),
      tradesService(node),
      strategiesService(node),
      strategyOrdersService(node),
    ];
  },
};
