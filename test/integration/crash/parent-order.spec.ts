import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { twapSchedule } from "../../../domain/execution/algorithms/twap.ts";
import type { ParentCommand } from "../../../domain/execution/parent/messages.ts";
import { PROBE_POINTS, type ProbePoint } from "../../../mixins/actor/ports.ts";
import { verifyAll } from "../../../models/journal/verify.ts";
import { withDatabase } from "../../support/database.ts";

const CHILD = join(__dirname, "../../support/algo-child.ts");
const QUANTITY = "10007";
const SLICES = 130;
const INTERVAL_MS = 300;

/** One process after another until the parent has ended: each but the last dies at its point. */
describe("a TWAP whose process is killed at every step", () => {
  const database = withDatabase();

  it("sends no slice twice, and its fills sum to the order", async () => {
    await database.pool.query(
      "CREATE TABLE venue_order (order_id text PRIMARY KEY, quantity numeric NOT NULL, seen int NOT NULL DEFAULT 1)",
    );
    const start = JSON.stringify(startOf(randomUUID()));
    const deaths: string[] = [];
    for (const point of PROBE_POINTS) {
      const end = await live(database.url, point, passOf(point), start);
      if (end === "SIGKILL") deaths.push(point);
      else expect(end).toBe(0);
    }
    expect(await live(database.url, "", 0, start)).toBe(0);
    expect(deaths).toEqual(PROBE_POINTS);

    const { rows: sent } = await database.pool.query<{ sum: string; count: number }>(
      "SELECT sum(quantity)::text AS sum, count(*)::int AS count FROM venue_order",
    );
    expect(sent[0]?.sum).toBe(QUANTITY);
    const { rows: slices } = await database.pool.query<{ slice: number; children: number }>(
      `SELECT (data ->> 'index')::int AS slice, count(*)::int AS children FROM act.event
        WHERE type = 'ChildPlaced' GROUP BY 1 ORDER BY 1`,
    );
    expect(slices.filter(({ children }) => children !== 1)).toEqual([]);
    expect(slices).toHaveLength(sent[0]?.count ?? 0);
    // Deaths cost slices, whose quantity the others took over; the last one is there.
    expect(slices.at(-1)?.slice).toBe(SLICES - 1);
    expect((await verifyAll(database.pool)).breaks).toEqual([]);
  }, 600_000);
});

/** It dies as it passes its point for the second time; one parent is activated but once. */
function passOf(point: ProbePoint): number {
  return point === "activation.claimed" ? 1 : 2;
}

function startOf(orderId: string): ParentCommand {
  const startMs = Date.now();
  const schedule = twapSchedule({
    quantity: QUANTITY,
    lotSize: "1",
    startMs,
    durationSeconds: (SLICES * INTERVAL_MS) / 1000,
    intervalSeconds: INTERVAL_MS / 1000,
    seed: 1,
  });
  return {
    type: "Start",
    order: {
      orderId,
      clOrdId: orderId,
      tenantId: "tenant",
      portfolioId: "portfolio",
      symbol: "ACME",
      side: "buy",
      ordType: "market",
      orderQty: QUANTITY,
      timeInForce: "gtc",
      placedBy: "test",
    },
    strategy: { name: "twap", parameters: { durationSeconds: 30, intervalSeconds: 1 } },
    facts: {
      instrument: { lotSize: "1", tickSize: "0.01", multiplier: "1", currency: "USD" },
      arrivalPrice: null,
      isOwnVolumeOnTape: false,
    },
    schedule,
  };
}

/** How the process ended: by the signal, or by itself. */
function live(
  url: string,
  point: string,
  at: number,
  start: string,
): Promise<NodeJS.Signals | number | null> {
  const child = fork(CHILD, [url, point, String(at), start], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
}
