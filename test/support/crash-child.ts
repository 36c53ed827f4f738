// A process that hosts actors and kills itself at a named step. Run by node as it is, forked by crash-parent.ts.
import type { ActorRef, Recorded } from "../../domain/shared/decider.ts";
import type { LedgerEntry } from "../../domain/shared/journal.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import type { ActorPorts } from "../../mixins/actor/ports.ts";
import type { ActorSystem } from "../../mixins/actor/system.ts";
import { createPool } from "../../models/postgres/pool.ts";
import { startActorNode } from "./actor-node.ts";
import { counterKind } from "./counter.ts";
import type { CounterEvent } from "./counter.ts";
import type { CrashPlan, FromChild, KnownCommand, ToChild } from "./crash-protocol.ts";

const PATIENCE_MS = 30_000;

function tell(message: FromChild): void {
  process.send?.(message);
}

function crashAt(plan: CrashPlan | null): ActorPorts["probe"] {
  let passes = 0;
  return (point) => {
    if (point !== plan?.point || ++passes !== plan.at) return;
    process.kill(process.pid, "SIGKILL");
    // The signal may take a moment; nothing may happen in it.
    for (;;);
  };
}

/** Both sides of every amount, so that no crash can part the books from the events. */
function ledgerOf(ref: ActorRef, { event, version, commandId, atMs }: Recorded<CounterEvent>) {
  if (event.type !== "Added") return [];
  const amount = String(event.amount);
  const entry = {
    transactionId: uuidv5(commandId, `${ref.id}:${version}`),
    portfolioId: ref.id,
    currency: "USD",
    memo: "added",
    orderId: null,
    tradeId: null,
    atMs,
  };
  return [
    { ...entry, index: 0, account: "cash", debit: amount, credit: "0" },
    { ...entry, index: 1, account: "equity", debit: "0", credit: amount },
  ] satisfies readonly LedgerEntry[];
}

async function start(url: string, crash: CrashPlan | null): Promise<ActorSystem> {
  const onError = () => undefined;
  const pool = createPool(url, { max: 8, applicationName: "crash child", onError });
  const world = createPool(url, { max: 2, applicationName: "crash world", onError });
  const kind = counterKind({
    project: (ref, _state, recorded) => ({
      view: null,
      ledger: recorded.flatMap((each) => ledgerOf(ref, each)),
      trades: [],
    }),
    work: async ({ payload }, { effectId }) => {
      await world.query(
        `INSERT INTO witness (effect_id, amount) VALUES ($1, ($2::json ->> 'amount')::int)
         ON CONFLICT (effect_id) DO UPDATE SET seen = witness.seen + 1`,
        [effectId, JSON.stringify(payload)],
      );
    },
  });
  const { system } = await startActorNode(pool, [kind], {
    ports: {
      probe: crashAt(crash),
      bus: {
        publish: async (events) => {
          await world.query(
            `INSERT INTO published (stream_id, version)
             SELECT * FROM unnest($1::text[], $2::bigint[])`,
            [events.map(({ ref }) => `${ref.type}:${ref.id}`), events.map((e) => e.version)],
          );
        },
      },
    },
    // Small batches and many snapshots, so that every step is passed often.
    options: {
      nodeId: "crash",
      renewEveryMs: 50,
      turnMax: 4,
      commitBatchMax: 4,
      snapshotEvery: 2,
    },
  });
  return system;
}

/** Sends until it is answered: a child's failures are the parent's to judge, not its own to hide. */
async function send(system: ActorSystem, { ref, command, commandId }: KnownCommand): Promise<void> {
  try {
    const deadlineMs = Date.now() + PATIENCE_MS;
    const { reply } = await system.client.call(ref, command, { commandId, deadlineMs });
    tell({ type: "acknowledged", commandId, reply });
  } catch (error) {
    tell({ type: "failed", commandId, error: String(error) });
  }
}

let running: Promise<ActorSystem> | undefined;

async function handle(message: ToChild): Promise<void> {
  switch (message.type) {
    case "start":
      running = start(message.url, message.crash);
      await running;
      tell({ type: "ready" });
      break;
    case "send": {
      const system = await running;
      if (system) for (const command of message.commands) void send(system, command);
      break;
    }
    case "stop":
      await (await running)?.stop();
      process.exit(0);
  }
}

// It lives no longer than its parent.
process.on("disconnect", () => process.exit(1));
process.on("message", (message) => {
  // The parent speaks this protocol and no other.
  void handle(message as ToChild);
});
tell({ type: "loaded" });
