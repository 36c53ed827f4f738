import { Decimal } from "../../../domain/shared/decimal.ts";
import { verifyAll } from "../../../models/journal/verify.ts";
import { createPool } from "../../../models/postgres/pool.ts";
import { type Cluster, DATABASE } from "../world/cluster.ts";
import type { OutsideBroker } from "../world/outside-broker.ts";
import type { Amendment, Evidence, Fault, Fill, Placement, Standing } from "./evidence.ts";
import { brokerRecord } from "./broker-record.ts";

/** Reads what the run left, from the tables themselves and not through the product. */
export async function readEvidence(
  cluster: Cluster,
  broker: OutsideBroker | null,
  unfinished: readonly Fault[],
): Promise<Evidence> {
  const { brokerOrders, brokerFills, brokerAmendments } = await brokerRecord(cluster, broker);
  return {
    placements: await placements(cluster),
    deniedKeys: await deniedKeys(cluster),
    cancelWishes: await cancelWishes(cluster),
    amendments: await amendments(cluster),
    brokerAmendments,
    brokerOrders,
    brokerFills,
    trades: await trades(cluster),
    standings: await standings(cluster),
    staleCommits: await staleCommits(cluster),
    ledgerFaults: await ledgerFaults(cluster),
    recordFaults: await recordFaults(cluster),
    unfinished,
  };
}

async function placements(cluster: Cluster): Promise<readonly Placement[]> {
  const rows = await cluster.sql<{
    orderId: string;
    key: string;
    portfolioId: string;
    symbol: string;
    side: "buy" | "sell";
    quantity: string;
  }>(
    `SELECT substr(stream_id, 7) AS "orderId", data -> 'order' ->> 'clOrdId' AS key,
            data -> 'order' ->> 'portfolioId' AS "portfolioId", data -> 'order' ->> 'symbol' AS symbol,
            data -> 'order' ->> 'side' AS side, data -> 'order' ->> 'orderQty' AS quantity
       FROM act.event WHERE type = 'OrderPlaced'`,
  );
  return rows.map(({ orderId, key, portfolioId, ...order }) => ({
    orderId,
    key,
    portfolioId,
    order,
  }));
}

async function deniedKeys(cluster: Cluster): Promise<ReadonlySet<string>> {
  const rows = await cluster.sql<{ key: string }>(
    `SELECT data -> 'order' ->> 'clOrdId' AS key FROM act.event
      WHERE type = 'OrderDenied' AND stream_id LIKE 'order:%'`,
  );
  return new Set(rows.map(({ key }) => key));
}

async function cancelWishes(cluster: Cluster): Promise<ReadonlySet<string>> {
  const rows = await cluster.sql<{ id: string }>(
    `SELECT substr(stream_id, 7) AS id FROM act.event
      WHERE type IN ('CancelQueued', 'CancelRequested') AND stream_id LIKE 'order:%'`,
  );
  return new Set(rows.map(({ id }) => id));
}

async function amendments(cluster: Cluster): Promise<readonly Amendment[]> {
  return cluster.sql<Amendment>(
    `SELECT substr(stream_id, 7) AS "orderId", data ->> 'amendId' AS "amendId",
            data -> 'terms' ->> 'orderQty' AS quantity, data -> 'terms' ->> 'price' AS price
       FROM act.event WHERE type = 'ReplaceRequested' AND stream_id LIKE 'order:%'`,
  );
}

async function trades(cluster: Cluster): Promise<readonly Fill[]> {
  return cluster.sql<Fill>(
    `SELECT exec_id AS "execId", order_id AS "orderId", portfolio_id AS "portfolioId", symbol, side, quantity, price, fees
       FROM book.trade`,
  );
}

async function standings(cluster: Cluster): Promise<readonly Standing[]> {
  const rows = await cluster.sql<{ doc: Standing }>(
    "SELECT doc FROM act.view WHERE type = 'portfolio'",
  );
  return rows.map(({ doc: { portfolioId, initialCash, cash, positions } }) => ({
    portfolioId,
    initialCash,
    cash,
    positions,
  }));
}

/** By the witness: an epoch that went back within a stream, or one that was written under by another than its owner. */
async function staleCommits(cluster: Cluster): Promise<readonly Fault[]> {
  const back = await cluster.sql<{ text: string }>(
    `SELECT format('%s version %s was written by %s under epoch %s after epoch %s', stream_id, version, writer, epoch, before) AS text
       FROM (SELECT *, lag(epoch) OVER (PARTITION BY stream_id ORDER BY version) AS before FROM audit.written) w
      WHERE epoch < before`,
  );
  const foreign = await cluster.sql<{ text: string }>(
    `SELECT format('%s version %s was written by %s under epoch %s of %s', w.stream_id, w.version, w.writer, w.epoch, g.owner) AS text
       FROM audit.written w JOIN audit.given g ON g.shard = w.shard AND g.epoch = w.epoch
      WHERE g.owner <> w.writer`,
  );
  return [...back, ...foreign].map(({ text }) => text);
}

/** What the witness saw, so that "none was stale" can be weighed. */
export interface Witnessed {
  readonly commits: number;
  /** how often a shard was given to somebody */
  readonly handOvers: number;
  /**
   * Commits of a former owner after its shard was given away and before the new owner had claimed the stream. The new owner
   * reads behind its claim, so they are in order: told, and no violation.
   */
  readonly beforeClaim: number;
}

export async function witnessed(cluster: Cluster): Promise<Witnessed> {
  const [row] = await cluster.sql<Witnessed>(
    `SELECT count(*) AS commits, count(*) FILTER (WHERE epoch < shard_epoch) AS "beforeClaim",
            (SELECT count(*) FROM audit.given) AS "handOvers" FROM audit.written`,
  );
  return row ?? { commits: 0, handOvers: 0, beforeClaim: 0 };
}

async function ledgerFaults(cluster: Cluster): Promise<readonly Fault[]> {
  const rows = await cluster.sql<{ text: string }>(
    `SELECT format('transaction %s: debit %s, credit %s', transaction_id, sum(debit), sum(credit)) AS text
       FROM book.ledger_entry GROUP BY transaction_id, currency HAVING sum(debit) <> sum(credit)
     UNION ALL
     SELECT format('%s in all: debit %s, credit %s', currency, sum(debit), sum(credit))
       FROM book.ledger_entry GROUP BY currency HAVING sum(debit) <> sum(credit)`,
  );
  return [...rows.map(({ text }) => text), ...(await accountFaults(cluster))];
}

interface AtCost extends Pick<Standing, "portfolioId" | "cash"> {
  readonly positions: readonly { readonly symbol: string; readonly cost: string }[];
}

/** Cash, and positions at cost, as the ledger has them and as the portfolio has them. */
async function accountFaults(cluster: Cluster): Promise<readonly Fault[]> {
  const accounts = await cluster.sql<{ portfolioId: string; account: string; balance: string }>(
    // Cash as of the trade date is what has settled and what is still to come or to be paid.
    `SELECT portfolio_id AS "portfolioId", CASE WHEN account LIKE 'unsettled:%' THEN 'cash' ELSE account END AS account,
            sum(debit) - sum(credit) AS balance
       FROM book.ledger_entry GROUP BY 1, 2`,
  );
  const views = await cluster.sql<{ doc: AtCost }>(
    "SELECT doc FROM act.view WHERE type = 'portfolio'",
  );
  const balanceOf = new Map(
    accounts.map((row) => [`${row.portfolioId}/${row.account}`, row.balance]),
  );
  return views.flatMap(({ doc: { portfolioId, cash, positions } }) => {
    const expected = [
      ["cash", cash] as const,
      ...positions.map(({ symbol, cost }) => [`positions:${symbol}`, cost] as const),
    ];
    return expected.flatMap(([account, amount]) => {
      const balance = balanceOf.get(`${portfolioId}/${account}`) ?? "0";
      if (new Decimal(balance).equals(amount)) return [];
      return [`${portfolioId} ${account}: ledger ${balance}, portfolio ${amount}`];
    });
  });
}

async function recordFaults(cluster: Cluster): Promise<readonly Fault[]> {
  const pool = createPool(cluster.postgres.url(undefined, DATABASE), {
    max: 1,
    applicationName: "cluster check",
    onError: () => undefined,
  });
  try {
    const { breaks } = await verifyAll(pool);
    return breaks.map(
      ({ ref, version, problem }) => `${ref.type}:${ref.id} ${version}: ${problem}`,
    );
  } finally {
    await pool.end();
  }
}
