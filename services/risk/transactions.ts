import type { TransactionReceipt } from "../../domain/portfolio/after-trade-messages.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { RiskBoard } from "../../domain/portfolio/market-view.ts";
import type { PortfolioCommand } from "../../domain/portfolio/messages.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { insufficientData, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { TransactionView } from "../../mixins/rest/routes/transactions.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { conversionOf, moneyOf, rateOfSymbol, summaryOf } from "./fx-transactions.ts";
import { orderAdjustment, splitAdjustment } from "./order-adjustment.ts";

type Transact = ActionMap["portfolios.transact"]["params"];

const NAMESPACE = "94c2e6b7-1d5a-4f30-8e9b-a7f0c3d81265";

/**
 * Cash in or out, a dividend, a split: one command of the portfolio each, once per idempotency key.
 * @throws RestError 404, 403, 422; Refusal 409
 */
export async function transact(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Transact>,
): Promise<TransactionView> {
  const { params, meta } = ctx;
  const { portfolioId, type } = params;
  const { userId } = userOf(ctx);
  await access.requireTrade(userOf(ctx), portfolioId);
  const command = await commandOf(node, ctx);
  const { idempotencyKey: key } = meta;
  const scope = `transactions:${userId}`;
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: key === undefined ? node.newId() : uuidv5(NAMESPACE, `${scope}:${key}`),
    bodyHash: bodyHash(params),
    ...(key !== undefined && { requestKey: { scope, key } }),
    ...deadlineOf(ctx, node.clock),
  });
  if (answer.isReplay) meta.isReplay = true;
  // sound: what the portfolio's decider replies to these commands
  const receipt = answer.reply as unknown as TransactionReceipt;
  const { baseCurrency } = await summaryOf(node, ctx);
  return toView(portfolioId, baseCurrency, type, receipt);
}

async function commandOf(
  node: NodeContext,
  ctx: RequestContext<Transact>,
): Promise<PortfolioCommand> {
  const { params } = ctx;
  const { type, memo } = params;
  const nowMs = node.clock.now();
  switch (type) {
    case "deposit":
    case "withdraw": {
      const effectiveAtMs = params.effectiveAt ?? nowMs;
      const amount = given(params.amount, "amount");
      const { portfolioId } = params;
      const board =
        type === "withdraw"
          ? await ctx.call<RiskBoard | null, unknown>("margin.board", { portfolioId })
          : null;
      return {
        type: "MoveCash",
        direction: type,
        amount,
        ...(await moneyOf(node, ctx)),
        memo,
        effectiveAtMs,
        ...(board && { board }),
      };
    }
    case "convert":
      return conversionOf(node, ctx, {
        from: given(params.from, "from"),
        to: given(params.to, "to"),
        amount: given(params.amount, "amount"),
        rate: params.rate,
        memo,
        effectiveAtMs: params.effectiveAt ?? nowMs,
      });
    case "dividend": {
      const symbol = given(params.symbol, "symbol");
      const effectiveAtMs = await effectiveMs(node, ctx, symbol);
      return {
        type: "PayDividend",
        symbol,
        perUnit: given(params.perUnit, "perUnit"),
        withholdingRate: params.withholdingRate ?? "0",
        ...(await rateOfSymbol(ctx, symbol)),
        ...(params.adjustOrders === true && {
          adjust: await orderAdjustment(ctx, asked(ctx, symbol)),
        }),
        memo,
        effectiveAtMs,
      };
    }
    case "split": {
      const symbol = given(params.symbol, "symbol");
      const { adjustOrders, cancelUnadjusted = false } = params;
      const adjust =
        adjustOrders === true
          ? await splitAdjustment(node, ctx, asked(ctx, symbol), cancelUnadjusted)
          : undefined;
      // After the market was looked at: its quote is from before the split, unless the caller says otherwise.
      const effectiveAtMs = await effectiveMs(node, ctx, symbol);
      const { lotSize } = await instrumentOf(ctx, symbol);
      return {
        type: "SplitPosition",
        symbol,
        newUnits: given(params.newUnits, "newUnits"),
        oldUnits: given(params.oldUnits, "oldUnits"),
        lotSize,
        cashInLieuPrice: params.cashInLieuPrice ?? null,
        ...(await rateOfSymbol(ctx, symbol)),
        ...(adjust !== undefined && { adjust }),
        memo,
        effectiveAtMs,
      };
    }
  }
}

/** What the orders of the symbol are adjusted by. */
function asked(ctx: RequestContext<Transact>, symbol: string) {
  const { tenantId, userId } = userOf(ctx);
  return { tenantId, userId, symbol, portfolioId: ctx.params.portfolioId };
}

/** What the route requires of the type is there. @throws RestError 422 where it is not */
function given<T>(value: T | undefined, path: string): T {
  if (value === undefined)
    throw unprocessable([{ path, code: "REQUIRED", message: "is required" }]);
  return value;
}

/** On the market's clock, so that the history of a replay has it in its years. */
async function effectiveMs(
  node: NodeContext,
  ctx: RequestContext<Transact>,
  symbol: string,
): Promise<number> {
  if (ctx.params.effectiveAt !== undefined) return ctx.params.effectiveAt;
  const marketMs = await ctx.call<number | null, { symbol: string }>("symbols.marketTime", {
    symbol,
  });
  return marketMs ?? node.clock.now();
}

async function instrumentOf(ctx: RequestContext, symbol: string): Promise<Instrument> {
  const { instrument } = await ctx.call<
    { readonly instrument: Instrument | null },
    { symbol: string }
  >("symbols.marketView", { symbol });
  if (instrument === null) throw insufficientData(`${symbol} is not known, nor is its lot size`);
  return instrument;
}

function toView(
  portfolioId: string,
  baseCurrency: string,
  type: Transact["type"],
  receipt: TransactionReceipt,
): TransactionView {
  const { transactionId, cashChange, dividend, position, adjustedOrders } = receipt;
  const { effectiveAtMs, recordedAtMs } = receipt;
  return {
    transactionId,
    portfolioId,
    type,
    cashChange,
    currency: receipt.currency ?? baseCurrency,
    ...(receipt.conversion && { conversion: receipt.conversion }),
    dividend,
    position: position && {
      symbol: position.symbol,
      quantity: position.quantity,
      averagePrice: position.averagePrice,
      cost: position.cost,
    },
    adjustedOrders: adjustedOrders.map((order) => ({
      orderId: order.orderId,
      quantity: order.orderQty ?? null,
      price: order.price ?? null,
      stopPrice: order.stopPx ?? null,
      reason: order.reason,
      isCanceled: order.isCanceled === true,
    })),
    effectiveAt: isoTime(effectiveAtMs),
    recordedAt: isoTime(recordedAtMs),
  };
}
