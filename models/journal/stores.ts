import type { Pool } from "pg";
import type {
  EffectStore,
  Journal,
  LeaseStore,
  Outbox,
  ReminderStore,
} from "../../domain/shared/journal.ts";
import { createEffectStore } from "./effects.ts";
import { createJournal } from "./journal.ts";
import { createLeaseStore } from "./leases.ts";
import { createOutbox } from "./outbox.ts";
import { createReminderStore } from "./reminders.ts";

export interface ActorStores {
  readonly journal: Journal;
  readonly leases: LeaseStore;
  readonly effects: EffectStore;
  readonly reminders: ReminderStore;
  readonly outbox: Outbox;
}

/**
 * All that the actor layer keeps in PostgreSQL. The pool needs a connection a commit lane, one for the lease session, and
 * a few for effects, reminders and the relay.
 */
export function createActorStores(pool: Pool): ActorStores {
  return {
    journal: createJournal(pool),
    leases: createLeaseStore(pool),
    effects: createEffectStore(pool),
    reminders: createReminderStore(pool),
    outbox: createOutbox(pool),
  };
}
