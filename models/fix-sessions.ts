import type { Pool, PoolClient } from "pg";
import type { OrderTerms } from "../domain/order/new-order.ts";
import type { Json } from "../domain/shared/json.ts";
import { inTransaction } from "./postgres/transaction.ts";

/** Another node has taken the session: whoever hears this ends. */
export class SessionTaken extends Error {
  constructor(sessionId: string) {
    super(`another node has taken the FIX session ${sessionId}`);
    this.name = "SessionTaken";
  }
}

/** A session as its owner finds it. */
export interface ClaimedSession {
  readonly epoch: number;
  readonly nextIn: number;
  /** when its numbers last began at 1, epoch ms */
  readonly resetAtMs: number;
}

export interface SessionState {
  readonly isUp: boolean;
  readonly words: string;
  readonly toldAtMs: number;
}

/** A message of the application, without its header. */
export interface NewFixRequest {
  readonly clientId: string;
  readonly orderId: string | null;
  readonly type: string;
  readonly body: readonly (readonly [tag: number, value: string])[];
  /** of an order as it is asked for */
  readonly terms: OrderTerms | null;
}

export interface FixRequest extends NewFixRequest {
  /** beyond 1, it was sent under other numbers before */
  readonly sendings: number;
  readonly seq: number | null;
  /** SendingTime of the last sending, epoch ms; null while it is to be sent */
  readonly sentAtMs: number | null;
  readonly answer: Json;
}

/** What has a number in the session as it is. */
export interface NumberedRequest extends FixRequest {
  readonly seq: number;
  readonly sentAtMs: number;
}

const COLUMNS = `client_id AS "clientId", order_id AS "orderId", msg_type AS type, body, terms, sendings, seq,
  sent_at AS "sentAtMs", answer`;

/** One FIX session in the store: numbers and messages are durable before anything of them is sent. */
export class FixStore {
  readonly sessionId: string;
  readonly #pool: Pool;

  constructor(pool: Pool, sessionId: string) {
    this.#pool = pool;
    this.sessionId = sessionId;
  }

  /** Takes the session from whoever has it. */
  async claim(): Promise<ClaimedSession> {
    const { rows } = await this.#pool.query<ClaimedSession>(
      `INSERT INTO fix.session AS s (session_id, epoch) VALUES ($1, 1)
         ON CONFLICT (session_id) DO UPDATE SET epoch = s.epoch + 1
       RETURNING epoch, next_in AS "nextIn", reset_at AS "resetAtMs"`,
      [this.sessionId],
    );
    return this.#only(rows);
  }

  /** The number of a message of the session itself. */
  async takeNumber(epoch: number): Promise<number> {
    const { rows } = await this.#pool.query<{ readonly seq: number }>(
      `UPDATE fix.session SET next_out = next_out + 1 WHERE session_id = $1 AND epoch = $2
       RETURNING next_out - 1 AS seq`,
      [this.sessionId, epoch],
    );
    return this.#only(rows).seq;
  }

  /**
   * Numbers what is to be sent, oldest first: from now on it counts as sent, whatever becomes of this process.
   * @param sentAtMs their SendingTime
   */
  dispatch(epoch: number, limit: number, sentAtMs: number): Promise<readonly NumberedRequest[]> {
    return inTransaction(this.#pool, async (client) => {
      const nextOut = await this.#lock(client, epoch);
      const { rows } = await client.query<NumberedRequest>(
        `WITH due AS (
           SELECT client_id, row_number() OVER (ORDER BY pos) - 1 AS place FROM (
             SELECT client_id, pos FROM fix.request
              WHERE session_id = $1 AND sent_at IS NULL AND expires_at > clock_timestamp()
              ORDER BY pos LIMIT $2 FOR UPDATE) first)
         UPDATE fix.request r
            SET seq = $3::bigint + due.place, sent_at = to_timestamp($4::numeric / 1000), sendings = sendings + 1
           FROM due WHERE r.session_id = $1 AND r.client_id = due.client_id
         RETURNING r.client_id AS "clientId", order_id AS "orderId", msg_type AS type, body, terms, sendings, seq,
           sent_at AS "sentAtMs", answer`,
        [this.sessionId, limit, nextOut, sentAtMs],
      );
      await client.query("UPDATE fix.session SET next_out = next_out + $2 WHERE session_id = $1", [
        this.sessionId,
        rows.length,
      ]);
      return rows.toSorted((a, b) => a.seq - b.seq);
    });
  }

  /** Whether there is something to dispatch. */
  async isDue(): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `SELECT 1 FROM fix.request
        WHERE session_id = $1 AND sent_at IS NULL AND expires_at > clock_timestamp() LIMIT 1`,
      [this.sessionId],
    );
    return rowCount === 1;
  }

  /** The number that the next message will bear. */
  async nextOut(epoch: number): Promise<number> {
    const { rows } = await this.#pool.query<{ readonly next: number }>(
      "SELECT next_out AS next FROM fix.session WHERE session_id = $1 AND epoch = $2",
      [this.sessionId, epoch],
    );
    return this.#only(rows).next;
  }

  /** Requests that bear these numbers, both included. */
  async between(from: number, to: number): Promise<readonly NumberedRequest[]> {
    const { rows } = await this.#pool.query<NumberedRequest>(
      `SELECT ${COLUMNS} FROM fix.request WHERE session_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq`,
      [this.sessionId, from, to],
    );
    return rows;
  }

  /** What came before this number is dealt with, and need not come again. */
  async processed(epoch: number, nextIn: number): Promise<void> {
    await this.#update(epoch, "next_in = $3", nextIn);
  }

  /** Both sides begin at 1: what was sent has no number any more. */
  reset(epoch: number): Promise<void> {
    return inTransaction(this.#pool, async (client) => {
      await this.#lock(client, epoch);
      await client.query(
        "UPDATE fix.session SET next_out = 1, next_in = 1, reset_at = clock_timestamp() WHERE session_id = $1",
        [this.sessionId],
      );
      await client.query(
        "UPDATE fix.request SET seq = NULL WHERE session_id = $1 AND seq IS NOT NULL",
        [this.sessionId],
      );
    });
  }

  async setState(epoch: number, isUp: boolean, words: string): Promise<void> {
    await this.#update(
      epoch,
      "is_up = $3::boolean, words = $4, told_at = clock_timestamp()",
      isUp,
      words,
    );
  }

  /** Null before it was ever begun. */
  async state(): Promise<SessionState | null> {
    const { rows } = await this.#pool.query<SessionState>(
      `SELECT is_up AS "isUp", words, told_at AS "toldAtMs" FROM fix.session WHERE session_id = $1 AND epoch > 0`,
      [this.sessionId],
    );
    return rows[0] ?? null;
  }

  /**
   * Asks for a message to be sent. What was sent under this id stays as it is; what was not is asked for again.
   * @param waitMs how long it may wait to be sent
   */
  async enqueue(request: NewFixRequest, waitMs: number): Promise<void> {
    const { clientId, orderId, type, body, terms } = request;
    await this.#pool.query(
      `INSERT INTO fix.request AS r (session_id, client_id, order_id, msg_type, body, terms, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7::numeric / 1000))
       ON CONFLICT (session_id, client_id) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at
         WHERE r.sendings = 0`,
      [
        this.sessionId,
        clientId,
        orderId,
        type,
        JSON.stringify(body),
        terms === null ? null : JSON.stringify(terms),
        waitMs,
      ],
    );
  }

  /** Has what was sent, and not answered, sent once more under a new number. @returns false when it was answered */
  async repeat(clientId: string, waitMs: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE fix.request SET seq = NULL, sent_at = NULL,
              expires_at = clock_timestamp() + make_interval(secs => $3::numeric / 1000)
        WHERE session_id = $1 AND client_id = $2 AND answer IS NULL`,
      [this.sessionId, clientId, waitMs],
    );
    return (rowCount ?? 0) > 0;
  }

  /** @returns whether it is certain that it will not be sent any more, having waited until now */
  withdraw(clientId: string): Promise<boolean> {
    return inTransaction(this.#pool, async (client) => {
      const key = [this.sessionId, clientId];
      const where = "session_id = $1 AND client_id = $2 AND sent_at IS NULL";
      const gone = await client.query(
        `DELETE FROM fix.request WHERE ${where} AND sendings = 0`,
        key,
      );
      const stopped = await client.query(
        `UPDATE fix.request SET expires_at = '-infinity' WHERE ${where}`,
        key,
      );
      return (gone.rowCount ?? 0) + (stopped.rowCount ?? 0) > 0;
    });
  }

  /** The first word counts. */
  async answer(clientId: string, answer: Json): Promise<void> {
    await this.#pool.query(
      "UPDATE fix.request SET answer = $3 WHERE session_id = $1 AND client_id = $2 AND answer IS NULL",
      [this.sessionId, clientId, JSON.stringify(answer)],
    );
  }

  /** The same word for all that was asked of an order and has none yet. @returns the ids that were answered */
  async answerAll(
    orderId: string,
    types: readonly string[],
    answer: Json,
  ): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ readonly id: string }>(
      `UPDATE fix.request SET answer = $4
        WHERE session_id = $1 AND order_id = $2 AND msg_type = ANY ($3) AND answer IS NULL AND sendings > 0
       RETURNING client_id AS id`,
      [this.sessionId, orderId, types, JSON.stringify(answer)],
    );
    return rows.map(({ id }) => id);
  }

  async find(clientId: string): Promise<FixRequest | null> {
    const { rows } = await this.#pool.query<FixRequest>(
      `SELECT ${COLUMNS} FROM fix.request WHERE session_id = $1 AND client_id = $2`,
      [this.sessionId, clientId],
    );
    return rows[0] ?? null;
  }

  /** What was asked about an order, oldest first. */
  async ofOrder(orderId: string): Promise<readonly FixRequest[]> {
    const { rows } = await this.#pool.query<FixRequest>(
      `SELECT ${COLUMNS} FROM fix.request WHERE session_id = $1 AND order_id = $2 ORDER BY pos`,
      [this.sessionId, orderId],
    );
    return rows;
  }

  /** Forgets what is older than so many days, unless it is without an answer still; questions after an hour. */
  async prune(days: number, lasting: readonly string[]): Promise<void> {
    await this.#pool.query(
      `DELETE FROM fix.request
        WHERE session_id = $1 AND (
          (answer IS NOT NULL AND created_at < clock_timestamp() - make_interval(days => $2))
          OR (NOT msg_type = ANY ($3) AND created_at < clock_timestamp() - interval '1 hour'))`,
      [this.sessionId, days, lasting],
    );
  }

  async #lock(client: PoolClient, epoch: number): Promise<number> {
    const { rows } = await client.query<{ readonly next: number }>(
      "SELECT next_out AS next FROM fix.session WHERE session_id = $1 AND epoch = $2 FOR UPDATE",
      [this.sessionId, epoch],
    );
    return this.#only(rows).next;
  }

  async #update(epoch: number, what: string, ...values: readonly unknown[]): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `UPDATE fix.session SET ${what} WHERE session_id = $1 AND epoch = $2`,
      [this.sessionId, epoch, ...values],
    );
    if (rowCount !== 1) throw new SessionTaken(this.sessionId);
  }

  #only<T>([row]: readonly T[]): T {
    if (row === undefined) throw new SessionTaken(this.sessionId);
    return row;
  }
}
