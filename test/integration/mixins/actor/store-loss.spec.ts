import { randomUUID } from "node:crypto";
import { UnknownOutcome } from "../../../../domain/shared/errors.ts";
import { createJournal } from "../../../../models/journal/journal.ts";
import { verifyAll } from "../../../../models/journal/verify.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { counterKind } from "../../../support/counter.ts";
import { proxyTo } from "../../../support/tcp-proxy.ts";
import type { TcpProxy } from "../../../support/tcp-proxy.ts";
import { until, withNodes, withinMs } from "./nodes.ts";

const ADD = { type: "Add", amount: 1 } as const;
const code = (value: string): unknown => expect.objectContaining({ code: value });

describe("a store that is lost", () => {
  const { database, start, stop, sql } = withNodes();

  it("in the middle of a commit costs a retry, and the command has one effect", async () => {
    const journal = createJournal(database.pool);
    let cuts = 0;
    const node = await start(counterKind(), {
      ports: {
        journal: {
          ...journal,
          append: async (turns) => {
            const results = await journal.append(turns);
            // Committed, and the answer lost on its way: every other time.
            if (++cuts % 2 === 1) throw new UnknownOutcome("cut off");
            return results;
          },
        },
      },
    });
    const to = { type: "counter", id: "cut-told" };
    for (let i = 0; i < 5; i++)
      await expect(node.add("cut", { type: "AddAndTell", amount: 1, to })).resolves.toMatchObject({
        reply: { sum: i + 1 },
      });
    await until(async () => (await node.read("cut-told")).version === 5);
    expect(await node.read("cut")).toMatchObject({ summary: { sum: 5 }, version: 5 });
    await until(async () => (await sql("SELECT 1 FROM act.effect")).length === 0);
    expect(await node.read("cut-told")).toMatchObject({ version: 5 });
  });

  it("again and again by killing its sessions loses and doubles nothing that retries until it is answered", async () => {
    const pool = createPool(database.url, {
      max: 8,
      applicationName: "storm",
      onError: () => undefined,
    });
    const node = await start(counterKind(), { pool, options: { renewEveryMs: 100 } });
    const over = new AbortController();
    const storm = async () => {
      for (let round = 0; round < 12; round++) {
        await sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'storm' AND datname = current_database() AND random() < 0.4`,
        );
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      over.abort();
    };
    const persist = async (id: string): Promise<void> => {
      const commandId = randomUUID();
      for (;;) {
        try {
          await node.add(id, ADD, { commandId });
          return;
        } catch {
          // Whatever it was, the same id makes it safe to ask again.
        }
      }
    };
    const callers = Array.from({ length: 10 }, async (_, i) => {
      let acknowledged = 0;
      for (; !over.signal.aborted; acknowledged++) await persist(`storm-${i}`);
      return acknowledged;
    });
    const [counts] = await Promise.all([Promise.all(callers), storm()]);
    for (const [i, sum] of counts.entries())
      expect(await node.read(`storm-${i}`)).toMatchObject({ summary: { sum }, version: sum });
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect((await verifyAll(database.pool)).breaks).toEqual([]);
    await stop(node);
    await pool.end();
  });

  describe("behind a wire that can be cut", () => {
    let proxy: TcpProxy;
    let pool: ReturnType<typeof createPool>;

    beforeEach(async () => {
      proxy = await proxyTo(database.url);
      pool = createPool(proxy.url, {
        max: 8,
        applicationName: "wire",
        onError: () => undefined,
      });
    });

    it("is STORE_UNAVAILABLE or an unknown outcome within the deadline, and forgotten once it is back", async () => {
      const node = await start(counterKind(), { pool, options: { renewEveryMs: 100 } });
      const commandId = randomUUID();
      await node.add("wire", ADD);
      await proxy.cut();
      const calls = ["wire", "fresh", "wire"].map((id) =>
        withinMs(2_500, node.add(id, ADD, { commandId, deadlineMs: Date.now() + 2_000 })),
      );
      const results = await Promise.allSettled(calls);
      const codes = results.map((result) =>
        result.status === "rejected" ? (result.reason as { readonly code: string }).code : "done",
      );
      for (const answered of codes)
        expect(["STORE_UNAVAILABLE", "OUTCOME_UNKNOWN", "NOT_OWNER"]).toContain(answered);
      await proxy.mend();
      await until(() => node.system.isReady);
      await expect(node.add("wire", ADD, { commandId })).resolves.toMatchObject({ version: 2 });
      await until(() => node.published.length === 2);
      await stop(node);
      await pool.end();
    });

    it("that hangs holds no caller beyond its deadline and no connection for ever", async () => {
      const node = await start(counterKind(), { pool, options: { renewEveryMs: 500 } });
      const commandId = randomUUID();
      await node.add("hang", ADD);
      proxy.freeze();
      const call = node.add("hang", ADD, { commandId, deadlineMs: Date.now() + 500 });
      await expect(withinMs(1_500, call)).rejects.toEqual(code("OUTCOME_UNKNOWN"));
      // New connections pass; those that hang are given up after their time.
      const succeeds = () =>
        withinMs(5_500, node.add("hang", ADD, { commandId })).then(
          ({ version }) => version === 2,
          (error: unknown) => {
            if (String(error).includes("took more than")) throw error;
            return false;
          },
        );
      await until(succeeds);
      await stop(node);
      proxy.thaw();
      await pool.end();
    });

    afterEach(async () => {
      await proxy.cut().catch(() => undefined);
    });
  });
});
