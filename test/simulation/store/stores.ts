import type { ActorPorts } from "../../../mixins/actor/ports.ts";
import type { Server } from "./append.ts";
import type { Connections } from "./connection.ts";
import { simulatedJournal } from "./journal.ts";
import { simulatedLeases } from "./leases.ts";
import { simulatedEffects, simulatedOutbox, simulatedReminders } from "./work.ts";

export type StorePorts = Pick<
  ActorPorts,
  "journal" | "leases" | "effects" | "reminders" | "outbox"
>;

/** All that the actor layer keeps in the store, as one process reaches it. */
export function simulatedStores(server: Server, connections: Connections): StorePorts {
  return {
    journal: simulatedJournal(server, connections),
    leases: simulatedLeases(server, connections),
    effects: simulatedEffects(server.database, connections),
    reminders: simulatedReminders(server.database, connections),
    outbox: simulatedOutbox(server.database, connections),
  };
}
