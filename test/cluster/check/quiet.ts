import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../world/cluster.ts";
import type { OutsideBroker } from "../world/outside-broker.ts";
import type { Fault } from "./evidence.ts";

const LOOK_MS = 250;
/** What a broker outside never told is found by the reconciliation, which comes once a minute. */
const QUIET_MS = 180_000;

/**
 * Waits until nothing is left to do: every effect is done, every event relayed, no order's fate unknown.
 * @returns what is still not done at the end of the time, in words
 */
export async function untilQuiet(cluster: Cluster, withinMs = QUIET_MS): Promise<readonly Fault[]> {
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    const left = await leftToDo(cluster);
    if (left.length === 0 || performance.now() > giveUpAtMs) return left;
    await sleep(LOOK_MS);
  }
}

/** Waits until every fill that the broker outside has made is booked: what its stream never told, the reconciliation finds. */
export async function untilBooked(cluster: Cluster, broker: OutsideBroker): Promise<void> {
  const giveUpAtMs = performance.now() + QUIET_MS;
  const made = broker.log().brokerFills.map(({ execId }) => execId);
  while (performance.now() < giveUpAtMs) {
    const [row] = await cluster.sql<{ booked: number }>(
      "SELECT count(*)::int AS booked FROM book.trade WHERE exec_id = ANY ($1::text[])",
      [made],
    );
    if ((row?.booked ?? 0) >= made.length) return;
    await sleep(LOOK_MS);
  }
}

async function leftToDo(cluster: Cluster): Promise<readonly Fault[]> {
  const rows = await cluster.sql<{ text: string }>(
    `SELECT format('effect %s of %s: %s attempts, %s', effect_id, stream_id, attempts, coalesce(last_error, 'no error')) AS text
       FROM act.effect
     UNION ALL
     SELECT format('order %s is %s', id, status) FROM act.view
      WHERE type = 'order' AND status IN ('pendingNew', 'pendingCancel', 'pendingReplace', 'unknown')
     UNION ALL
     SELECT format('shard %s: %s events are not relayed', e.shard, count(*)) FROM act.event e
       JOIN act.relay r ON r.shard = e.shard WHERE (e.tx, e.pos) > (r.tx, r.pos) GROUP BY e.shard`,
  );
  return rows.map(({ text }) => text);
}

/** Looks once a second whether the books balance at that instant. */
export class LedgerWatch {
  readonly #cluster: Cluster;
  readonly #over = new AbortController();
  readonly faults: Fault[] = [];
  looks = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  start(): void {
    this.#running = this.#watch();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await sleep(1_000, null, { signal: this.#over.signal }).catch(() => undefined);
      try {
        const rows = await this.#cluster.sql<{ currency: string; off: string }>(
          `SELECT currency, sum(debit) - sum(credit) AS off FROM book.ledger_entry
            GROUP BY currency HAVING sum(debit) <> sum(credit)`,
        );
        this.looks += 1;
        this.faults.push(
          ...rows.map(({ currency, off }) => `during the run ${currency} was off by ${off}`),
        );
      } catch {
        // PostgreSQL is down at the moment.
      }
    }
  }
}
