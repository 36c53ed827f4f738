import type { Denial, NewOrder, Side } from "../domain/order/new-order.ts";
import type { DecimalString } from "../domain/shared/decimal.ts";
import type { StoredView } from "./views.ts";
import type { Db } from "./timescale/session.ts";

/** Whose orders. */
interface Placer {
  readonly strategyId: string;
  readonly portfolioId: string;
}

export interface OfStrategy extends Placer {
  readonly symbol: string;
}

/** What a strategy has under way. */
export interface OpenWork extends Pick<StoredView, "type" | "id" | "doc"> {
  readonly type: "order" | "algo" | "group";
}

/** The same in a word. */
export interface StrategyWork extends Pick<OpenWork, "type" | "id"> {
  /** of the order that began it */
  readonly side: Side;
  /** it is to open a position, and not to end one */
  readonly isEntry: boolean;
  /** the order that began it can still be filled */
  readonly isEntering: boolean;
  /** everything that may hold something of the portfolio */
  readonly orderIds: readonly string[];
}

export interface EndWork {
  readonly strategyId: string;
  readonly works: readonly StrategyWork[];
}

/** An order of a strategy that an algorithm is to work off. */
export interface StartAlgorithm {
  readonly order: NewOrder;
  readonly algorithm: { readonly name: string; readonly parameters: unknown };
  /** why the portfolio will not have it; none: it will */
  readonly reasons: readonly Denial[];
}

/** Who placed it: a strategy's name as orders bear it. */
export function placedByStrategy(strategyId: string): string {
  return `strategy:${strategyId}`;
}

/** Orders, orders with an algorithm, and groups of a strategy that are not over; parts of others are not told by themselves. */
export async function listOpenWork(
  db: Db,
  { strategyId, portfolioId, symbol }: OfStrategy,
): Promise<readonly OpenWork[]> {
  const { rows } = await db.query<OpenWork>(
    `SELECT v.type, v.id, v.doc FROM act.view v
     WHERE v.type = ANY ('{order,algo,group}') AND v.portfolio_id = $1 AND (v.symbol = $2 OR v.symbol IS NULL)
       AND v.status <> ALL ('{filled,canceled,rejected,expired,denied,closed}')
       AND coalesce(v.doc ->> 'placedBy', v.doc ->> 'requestedBy') = $3 AND v.doc -> 'parent' IS NULL
     ORDER BY v.created_at, v.id`,
    [portfolioId, symbol, placedByStrategy(strategyId)],
  );
  return rows;
}

/** What a strategy's trades in one symbol came to. */
export interface StrategyTrades {
  readonly symbol: string;
  readonly currency: string;
  /** bought less sold */
  readonly quantity: DecimalString;
  readonly trades: number;
  /** gross of fees */
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
  /** sold less bought, price × quantity, without a multiplier */
  readonly notional: DecimalString;
  /** when a stop of it was filled last, epoch ms by its venue; null: never */
  readonly stoppedAtMs: number | null;
}

/** By symbol. @param sinceMs trades that were executed then or later; absent: all */
export async function listStrategyTrades(
  db: Db,
  { strategyId, portfolioId, sinceMs }: Placer & { readonly sinceMs?: number },
): Promise<readonly StrategyTrades[]> {
  const { rows } = await db.query<StrategyTrades>(
    `SELECT t.symbol, t.currency, trim_scale(sum(CASE t.side WHEN 'buy' THEN t.quantity ELSE -t.quantity END))::text AS quantity,
       count(*)::int AS trades, trim_scale(sum(t.realized_pnl))::text AS "realizedPnl", trim_scale(sum(t.fees))::text AS fees,
       trim_scale(sum(CASE t.side WHEN 'sell' THEN t.quantity ELSE -t.quantity END * t.price))::text AS notional,
       (extract(epoch FROM max(t.executed_at) FILTER (WHERE v.doc ->> 'ordType' IN ('stop', 'stopLimit', 'trailingStop'))) * 1000)::float8
         AS "stoppedAtMs"
     FROM act.view v JOIN book.trade t ON t.order_id = v.id
     WHERE v.type = 'order' AND v.portfolio_id = $1 AND v.doc ->> 'placedBy' = $2
       AND ($3::float8 IS NULL OR t.executed_at >= to_timestamp($3::float8 / 1000))
     GROUP BY t.symbol, t.currency ORDER BY t.symbol, t.currency`,
    [portfolioId, placedByStrategy(strategyId), sinceMs ?? null],
  );
  return rows;
}
