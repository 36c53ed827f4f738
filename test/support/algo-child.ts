// A process that hosts parent orders and kills itself at a named step. Run by node as it is, forked by the crash test of parents.
import type { ParentCommand } from "../../domain/execution/parent/messages.ts";
import { parent as decider } from "../../domain/execution/parent/parent.ts";
import { summarize } from "../../domain/execution/parent/summary.ts";
import type { NewOrder } from "../../domain/order/new-order.ts";
import type { Json } from "../../domain/shared/json.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import { createPool } from "../../models/postgres/pool.ts";
import { startActorNode } from "./actor-node.ts";

const [url = "", point = "", at = "0", start = "null"] = process.argv.slice(2);
const POLL_MS = 20;
const onError = () => undefined;

const pool = createPool(url, { max: 8, applicationName: "algo child", onError });
const world = createPool(url, { max: 2, applicationName: "algo world", onError });
let passes = 0;

/** The venue: takes each order once, and fills it whole. */
async function fill(order: NewOrder): Promise<void> {
  await world.query(
    `INSERT INTO venue_order (order_id, quantity) VALUES ($1, $2)
     ON CONFLICT (order_id) DO UPDATE SET seen = venue_order.seen + 1`,
    [order.orderId, order.orderQty],
  );
}

const kind = defineActor({
  type: "algo",
  schemaVersion: 1,
  decider,
  // sound: a summary is plain JSON
  summarize: (_, state) => summarize(state) as unknown as Json,
  effects: {
    placeChild: async ({ payload }, { ref }) => {
      // sound: the parent's decider made it
      const order = payload as unknown as NewOrder;
      await fill(order);
      const { orderId, orderQty } = order;
      const report: ParentCommand = {
        type: "ChildReported",
        orderId,
        sequence: 1,
        ordStatus: "filled",
        orderQty,
        cumQty: orderQty,
        notional: orderQty,
        fees: "0",
        text: null,
        reasons: [],
      };
      await system.client.call(ref, report, { commandId: uuidv5(orderId, "filled") });
    },
  },
});

const { system } = await startActorNode(pool, [kind], {
  ports: {
    probe: (passed) => {
      if (passed !== point || ++passes !== Number(at)) return;
      process.kill(process.pid, "SIGKILL");
      // The signal may take a moment; nothing may happen in it.
      for (;;);
    },
  },
  options: {
    nodeId: "crash",
    pools: { algo: 3 },
    renewEveryMs: 50,
    leaseTtlMs: 700,
    leaseMarginMs: 200,
    snapshotEvery: 3,
  },
});

// sound: the test wrote it
const command = JSON.parse(start) as Extract<ParentCommand, { readonly type: "Start" }>;
const ref = { type: "algo", id: command.order.orderId };
await system.client.call(ref, command, {
  commandId: uuidv5(ref.id, "start"),
  deadlineMs: Date.now() + 30_000,
});

async function poll(): Promise<void> {
  const { summary } = await system.client.read(ref);
  // sound: the kind above
  const found = summary as unknown as { readonly strategy: { readonly state: string } };
  if (found.strategy.state !== "ended") return void setTimeout(() => void poll(), POLL_MS);
  await system.stop();
  process.exit(0);
}
await poll();
