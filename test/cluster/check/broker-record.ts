import type { Cluster } from "../world/cluster.ts";
import type { OutsideBroker } from "../world/outside-broker.ts";
import type { Evidence } from "./evidence.ts";

/** The paper venue's own streams, and the log of a broker outside where there is one. */
export async function brokerRecord(
  cluster: Cluster,
  outside: OutsideBroker | null,
): Promise<Pick<Evidence, "brokerOrders" | "brokerFills" | "brokerAmendments">> {
  const paper = await cluster.sql<{ clOrdId: string }>(
    `SELECT data -> 'order' ->> 'clOrdId' AS "clOrdId" FROM act.event WHERE type = 'VenueOrderAccepted'`,
  );
  const fills = await cluster.sql<Evidence["brokerFills"][number]>(
    `SELECT f.data -> 'report' ->> 'execId' AS "execId", f.data -> 'report' ->> 'orderId' AS "orderId",
            o.data -> 'order' ->> 'symbol' AS symbol, o.data -> 'order' ->> 'side' AS side,
            f.data -> 'report' ->> 'lastQty' AS quantity, f.data -> 'report' ->> 'lastPx' AS price,
            f.data -> 'report' ->> 'fees' AS fees
       FROM act.event f JOIN act.event o ON o.stream_id = f.stream_id AND o.type = 'VenueOrderAccepted'
        AND o.data -> 'order' ->> 'clOrdId' = f.data -> 'report' ->> 'clOrdId'
      WHERE f.type = 'VenueOrderFilled'`,
  );
  const amended = await cluster.sql<Evidence["brokerAmendments"][number]>(
    `SELECT data -> 'report' ->> 'orderId' AS "orderId", (data -> 'report' ->> 'revision')::int AS revision
       FROM act.event
      WHERE type = 'VenueOrderReplaced' AND data -> 'report' ->> 'revision' IS NOT NULL`,
  );
  const told = outside?.log() ?? { brokerOrders: [], brokerFills: [], brokerAmendments: [] };
  return {
    brokerOrders: [...paper.map(({ clOrdId }) => clOrdId), ...told.brokerOrders],
    brokerFills: [...fills, ...told.brokerFills],
    brokerAmendments: [...amended, ...told.brokerAmendments],
  };
}
