import type { NodeModule } from "../context.ts";
import { paperVenueKind } from "./brokers/paper.broker.ts";
import { brokersService } from "./brokers.service.ts";
import { orderKind } from "./order-kind.ts";
import { ordersService } from "./orders.service.ts";
import { tradesService } from "./trades.service.ts";

/** Order lifecycle, brokers and trades. */
export const execution: NodeModule = {
  kinds: (node) => [orderKind(node), paperVenueKind()],
  services: (node) => [ordersService(node), brokersService(node), tradesService(node)],
};
