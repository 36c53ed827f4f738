import { randomUUID } from "node:crypto";
import { Decimal } from "../../domain/shared/decimal.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getLedger, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { addCorporateAction } from "../../models/corporate-actions.ts";
import type { RouteInput } from "../support/http.ts";
import type { TestNode } from "../support/node.ts";

/** 2020-08-26, a Wednesday, as a day of a market by hand; the splits are of the Monday after. */
export const WEDNESDAY = 238;
export const MONDAY = WEDNESDAY + 5;
const EX_DAY = 18_505;

/** A portfolio that nodes split, which buys ten units of each. */
export async function openDesk(
  node: TestNode,
  symbols: readonly string[],
  initialCash: string,
): Promise<string> {
  const body = { baseCurrency: "USD", initialCash, corporateActions: "automatic" };
  const { portfolioId } = await node.admin.call(createPortfolio, { name: "Desk", ...body });
  for (const symbol of symbols)
    await place(node, portfolioId, symbol, { side: "buy", type: "market", quantity: "10" });
  return portfolioId;
}

/** At 500 orders of both sides rest; they are `sell 16 130` and `buy 12 100` after the split. */
export async function restBothSides(
  node: TestNode,
  portfolioIds: readonly string[],
  symbols: readonly string[],
): Promise<void> {
  const sale = { side: "sell", type: "limit", price: "520", quantity: "4" };
  const purchase = { side: "buy", type: "limit", price: "400", quantity: "3" };
  for (const portfolioId of portfolioIds)
    for (const symbol of symbols)
      for (const order of [sale, purchase]) await place(node, portfolioId, symbol, order);
}

const place = (node: TestNode, portfolioId: string, symbol: string, order: RouteInput) =>
  node.admin.call(createOrder, { portfolioId, symbol, timeInForce: "gtc", ...order });

/** A split of 4 for 1. @returns its id */
export async function storeSplit({ database }: TestNode, symbol: string): Promise<string> {
  const actionId = randomUUID();
  const action = { kind: "split", exDay: EX_DAY, newUnits: "4", oldUnits: "1" } as const;
  const asked = { actionId, symbol, action, source: "test", knownAtMs: Date.now() };
  await addCorporateAction(database.pool, asked);
  return actionId;
}

export async function rowsIn(
  { database }: TestNode,
  table: string,
  condition = "true",
): Promise<number> {
  const text = `SELECT count(*)::int AS count FROM ${table} WHERE ${condition}`;
  const { rows } = await database.pool.query<{ readonly count: number }>(text);
  return rows[0]?.count ?? 0;
}

/** "S1 40", and so on */
export async function heldBy(node: TestNode, portfolioId: string): Promise<readonly string[]> {
  const { data } = await node.admin.call(getPositions, { portfolioId });
  return data.map(({ symbol, quantity }) => `${symbol} ${quantity}`).toSorted();
}

/** Debits less credits. */
export async function ledgerSum(node: TestNode, portfolioId: string): Promise<string> {
  const entries = await node.admin.all(getLedger, { portfolioId });
  return Decimal.sum(
    0,
    ...entries.map(({ debit, credit }) => new Decimal(debit).minus(credit)),
  ).toFixed();
}
