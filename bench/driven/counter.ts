import type { Decider } from "../../domain/shared/decider.ts";
import { defineActor } from "../../mixins/actor/kind.ts";

interface Add {
  readonly type: "Add";
  readonly amount: number;
}

interface Added {
  readonly type: "Added";
  readonly amount: number;
}

interface State {
  readonly sum: number;
  readonly count: number;
}

/** The least that an actor can do. */
const counter: Decider<State, Add, Added, { readonly sum: number }> = {
  initial: () => ({ sum: 0, count: 0 }),
  decide: ({ sum }, { amount }) => ({
    events: [{ type: "Added", amount }],
    reply: { sum: sum + amount },
  }),
  evolve: ({ sum, count }, { event }) => ({ sum: sum + event.amount, count: count + 1 }),
};

export const counterKind = defineActor({
  type: "counter",
  schemaVersion: 1,
  decider: counter,
  summarize: (_id, { sum, count }) => ({ commands: count, amount: String(sum) }),
});
