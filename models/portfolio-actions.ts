import type { Pool } from "pg";
import type { DecimalString } from "../domain/shared/decimal.ts";
import type { Json } from "../domain/shared/json.ts";

/** Written before the portfolio is set: one that never is costs nothing. */
export async function noteAutomatic(pool: Pool, portfolioId: string): Promise<void> {
  await pool.query({
    name: "note-automatic",
    text: "INSERT INTO book.automatic_portfolio (portfolio_id) VALUES ($1) ON CONFLICT DO NOTHING",
    values: [portfolioId],
  });
}

/** A portfolio as it stood after its last turn. */
interface AutomaticView {
  readonly portfolioId: string;
  /** grows with each turn */
  readonly version: number;
  readonly doc: Json;
}

/** Those that were ever set and have changed since `known`, which is their versions by id. */
export async function changedAutomatic(
  pool: Pool,
  known: ReadonlyMap<string, number>,
): Promise<readonly AutomaticView[]> {
  const { rows } = await pool.query<AutomaticView>({
    name: "changed-automatic",
    text: `SELECT v.id AS "portfolioId", v.version, v.doc
             FROM book.automatic_portfolio m
             JOIN act.view v ON v.type = 'portfolio' AND v.id = m.portfolio_id
             LEFT JOIN unnest($1::text[], $2::bigint[]) AS k (id, version) ON k.id = v.id
            WHERE v.version > coalesce(k.version, 0)`,
    values: [[...known.keys()], [...known.values()]],
  });
  return rows;
}

/** Of a symbol in a portfolio. */
interface Traded {
  readonly portfolioId: string;
  readonly symbol: string;
  /** of the last trade; days since 1970-01-01 */
  readonly lastDay: number;
  /** grows with each trade of the portfolio */
  readonly seq: number;
}

/** What portfolios have traded since `known`, which is the last trade that was looked at by portfolio, 0 for none. */
export async function tradedSymbols(
  pool: Pool,
  known: ReadonlyMap<string, number>,
): Promise<readonly Traded[]> {
  const { rows } = await pool.query<Traded>({
    name: "traded-symbols",
    text: `SELECT k.id AS "portfolioId", t.symbol, max(t.seq)::float8 AS seq,
                  max((t.executed_at AT TIME ZONE 'UTC')::date) - date '1970-01-01' AS "lastDay"
             FROM unnest($1::text[], $2::bigint[]) AS k (id, seq)
             JOIN book.trade t ON t.portfolio_id = k.id AND t.seq > k.seq
            GROUP BY k.id, t.symbol`,
    values: [[...known.keys()], [...known.values()]],
  });
  return rows;
}

export interface Holding {
  readonly portfolioId: string;
  readonly symbol: string;
  /** later splits do not matter, as it is sold; days since 1970-01-01, null while it is held */
  readonly untilDay: number | null;
}

/** A split of what a portfolio holds or held, of which nothing has been decided there. */
export interface OpenSplit {
  readonly portfolioId: string;
  readonly symbol: string;
  readonly actionId: string;
  /** days since 1970-01-01 */
  readonly exDay: number;
  readonly newUnits: DecimalString;
  readonly oldUnits: DecimalString;
  readonly source: string;
}

/** The splits that are believed now, in the order of their ex-dates. */
export async function openSplits(
  pool: Pool,
  holdings: readonly Holding[],
): Promise<readonly OpenSplit[]> {
  const { rows } = await pool.query<OpenSplit>({
    name: "open-splits",
    text: `SELECT h.portfolio_id AS "portfolioId", a.symbol, a.action_id::text AS "actionId",
                  a.ex_date - date '1970-01-01' AS "exDay", trim_scale(a.new_units)::text AS "newUnits",
                  trim_scale(a.old_units)::text AS "oldUnits", a.source
             FROM unnest($1::text[], $2::text[], $3::int[]) AS h (portfolio_id, symbol, until_day)
             JOIN md.corporate_action a ON a.symbol = h.symbol AND a.kind = 'split' AND a.retracted_at IS NULL
            WHERE (h.until_day IS NULL OR a.ex_date <= date '1970-01-01' + h.until_day) AND NOT EXISTS (SELECT FROM book.portfolio_action o
                               WHERE o.portfolio_id = h.portfolio_id AND o.action_id = a.action_id)
            ORDER BY a.ex_date, a.action_id, h.portfolio_id`,
    values: [
      holdings.map(({ portfolioId }) => portfolioId),
      holdings.map(({ symbol }) => symbol),
      holdings.map(({ untilDay }) => untilDay),
    ],
  });
  return rows;
}

/** Where the trades of an ex-date begin: both have to hold, as days without a session settle with others. */
export interface SinceExDate {
  /** of the trades of that date */
  readonly settlementDate: string;
  /** days since 1970-01-01; trades on bars of a day are stamped 00:00 UTC of it */
  readonly exDay: number;
}

/** What was traded of a symbol since an ex-date. */
export interface TradedSince {
  readonly trades: number;
  /** bought less sold */
  readonly quantity: DecimalString;
}

export async function tradedSince(
  pool: Pool,
  { portfolioId, symbol }: Pick<OpenSplit, "portfolioId" | "symbol">,
  { settlementDate, exDay }: SinceExDate,
): Promise<TradedSince> {
  const { rows } = await pool.query<TradedSince>({
    name: "traded-since",
    text: `SELECT count(*)::int AS trades,
                  trim_scale(coalesce(sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END), 0))::text AS quantity
             FROM book.trade WHERE portfolio_id = $1 AND symbol = $2 AND settlement_date >= $3::date
              AND executed_at >= (date '1970-01-01' + $4::int)::timestamp AT TIME ZONE 'UTC'`,
    values: [portfolioId, symbol, settlementDate, exDay],
  });
  return rows[0] ?? { trades: 0, quantity: "0" };
}

export interface ActionOutcome {
  readonly portfolioId: string;
  readonly actionId: string;
  readonly outcome: "applied" | "notHeld" | "undecided" | "withdrawn";
  readonly reason: string;
  /** epoch ms */
  readonly decidedAtMs: number;
}

/** The first that is noted of an action stays, but that one which was applied is withdrawn. */
export async function noteOutcome(pool: Pool, noted: ActionOutcome): Promise<void> {
  await pool.query({
    name: "note-action-outcome",
    text: `INSERT INTO book.portfolio_action AS o (portfolio_id, action_id, outcome, reason, decided_at)
           VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
           ON CONFLICT (portfolio_id, action_id) DO UPDATE
             SET outcome = excluded.outcome, reason = excluded.reason, decided_at = excluded.decided_at
           WHERE o.outcome = 'applied' AND excluded.outcome = 'withdrawn'`,
    values: [noted.portfolioId, noted.actionId, noted.outcome, noted.reason, noted.decidedAtMs],
  });
}

/** What was applied and is believed no longer. */
export interface Withdrawn {
  readonly portfolioId: string;
  readonly symbol: string;
  readonly actionId: string;
  readonly exDay: number;
}

export async function withdrawnActions(pool: Pool): Promise<readonly Withdrawn[]> {
  const { rows } = await pool.query<Withdrawn>({
    name: "withdrawn-actions",
    text: `SELECT o.portfolio_id AS "portfolioId", a.symbol, a.action_id::text AS "actionId",
                  a.ex_date - date '1970-01-01' AS "exDay"
             FROM book.portfolio_action o
             JOIN md.corporate_action a ON a.action_id = o.action_id
            WHERE o.outcome = 'applied' AND a.retracted_at IS NOT NULL`,
  });
  return rows;
}
