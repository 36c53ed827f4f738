import type { Pool } from "pg";
import type { Projection, TradeRow } from "../../../../domain/shared/journal.ts";
import { listTrades } from "../../../../models/book.ts";
import { createJournal } from "../../../../models/journal/journal.ts";
import { dueTrades, unsettledMarkets } from "../../../../models/settlement.ts";
import { withDatabase } from "../../../support/database.ts";
import { START, after, ledgerOf, turnOf } from "./turns.ts";

const AT_MS = 1_700_000_000_000;

function trade(tradeId: string, changes: Partial<TradeRow> = {}): TradeRow {
  return {
    tradeId,
    execId: `exec-${tradeId}`,
    venue: "PAPER",
    orderId: `order-${tradeId}`,
    portfolioId: "pf-1",
    tenantId: "tenant-1",
    symbol: "ACME",
    side: "buy",
    price: "100",
    quantity: "10",
    fees: "0.1",
    currency: "USD",
    liquidity: "taker",
    executedAtMs: AT_MS,
    recordedAtMs: AT_MS,
    settlementDate: "2023-11-16",
    settlementStatus: "pending",
    realizedPnl: "0",
    ...changes,
  };
}

const projection = (parts: Partial<Projection>): Projection => ({
  view: null,
  ledger: [],
  trades: [],
  ...parts,
});
const settled = (tradeId: string) =>
  ({ tradeId, settlement: { status: "settled", atMs: AT_MS + 5 } }) as const;

describe("what comes after a trade", () => {
  const database = withDatabase();

  beforeAll(() => database.pool.query("UPDATE act.shard SET epoch = 1"));

  const find = async (pool: Pool, tradeId: string) => {
    const viewer = { tenantId: "tenant-1", userId: null };
    const [row] = await listTrades(pool, {
      viewer,
      tradeId,
      afterSeq: null,
      order: "asc",
      limit: 1,
    });
    return row;
  };

  it("is written with its event, also in the turn that books the trade", async () => {
    const journal = createJournal(database.pool);
    const first = turnOf("books", START, {
      projection: projection({ trades: [trade("t1"), trade("t2")], tradeChanges: [settled("t2")] }),
    });
    expect(await journal.append([first])).toEqual([{ status: "ok" }]);
    expect(await find(database.pool, "t1")).toMatchObject({
      settlementStatus: "pending",
      settlementAtMs: null,
      allocations: [],
      allocatedFrom: null,
    });
    expect(await find(database.pool, "t2")).toMatchObject({
      settlementStatus: "settled",
      settlementAtMs: AT_MS + 5,
    });
    const allocations = [
      { allocationId: "a1", portfolioId: "pf-2", quantity: "4", fees: "0.04", status: "pending" },
    ] as const;
    const second = turnOf("books", after(first), {
      projection: projection({ tradeChanges: [{ tradeId: "t1", allocations }, settled("t1")] }),
    });
    expect(await journal.append([second])).toEqual([{ status: "ok" }]);
    expect(await find(database.pool, "t1")).toMatchObject({
      settlementStatus: "settled",
      allocations,
    });
  });

  it("is not written when its turn is not", async () => {
    const journal = createJournal(database.pool);
    const first = turnOf("kept", START, { projection: projection({ trades: [trade("t3")] }) });
    await journal.append([first]);
    const unbalanced = turnOf("kept", after(first), {
      projection: projection({ ledger: ledgerOf("1", "2"), tradeChanges: [settled("t3")] }),
    });
    expect(await journal.append([unbalanced])).toMatchObject([{ status: "refused" }]);
    const outdated = turnOf("kept", START, {
      projection: projection({ tradeChanges: [settled("t3")] }),
    });
    expect(await journal.append([outdated])).toMatchObject([{ status: "conflict" }]);
    expect(await find(database.pool, "t3")).toMatchObject({ settlementStatus: "pending" });
  });

  it("is due by symbol and date, by portfolio and in the order of booking", async () => {
    const { pool } = database;
    const later = trade("t5", { settlementDate: "2023-11-20" });
    const other = trade("t6", { portfolioId: "pf-2", allocatedFrom: "t4" });
    const elsewhere = trade("t7", { symbol: "BOLT" });
    const trades = [trade("t4"), later, other, elsewhere];
    await createJournal(pool).append([
      turnOf("due", START, { projection: projection({ trades }) }),
    ]);
    expect(await unsettledMarkets(pool)).toMatchObject([
      { symbol: "ACME", assetClass: null, firstDate: "2023-11-16" },
      { symbol: "BOLT" },
    ]);
    expect(await dueTrades(pool, "ACME", "2023-11-15", 10)).toEqual([]);
    expect(await dueTrades(pool, "ACME", "2023-11-19", 10)).toEqual([
      { portfolioId: "pf-1", tradeIds: ["t3", "t4"] },
      { portfolioId: "pf-2", tradeIds: ["t6"] },
    ]);
    expect(await dueTrades(pool, "ACME", "2023-11-20", 2)).toMatchObject([
      { tradeIds: ["t3", "t4"] },
      { tradeIds: ["t6"] },
    ]);
  });
});
