import type {
  ActorRef,
  Decider,
  Effect,
  Recorded,
  ReminderChange,
} from "../../domain/shared/decider.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectHandler } from "../../mixins/actor/kind.ts";

/** A small actor that exercises everything the layer offers. */
export type CounterCommand =
  | { readonly type: "Add"; readonly amount: number }
  /** refused above a limit */
  | { readonly type: "AddUpTo"; readonly amount: number; readonly limit: number }
  | { readonly type: "AddAndTell"; readonly amount: number; readonly to: ActorRef }
  /** the other is told in the same commit if it can be; a birth when `isBirth` */
  | {
      readonly type: "AddAndJoin";
      readonly amount: number;
      readonly to: ActorRef;
      readonly isBirth: boolean;
    }
  | { readonly type: "AddAndWork"; readonly amount: number }
  | { readonly type: "Look" }
  | { readonly type: "Crash" }
  | { readonly type: "Corrupt" }
  | { readonly type: "Urgent"; readonly amount: number }
  | { readonly type: "Remind"; readonly change: ReminderChange }
  | { readonly type: "Tick" };

export type CounterEvent =
  | { readonly type: "Added"; readonly amount: number }
  | {
      readonly type: "Ticked";
      readonly dueMs: number;
      readonly missed: number;
      readonly isSkipped: boolean;
    }
  | { readonly type: "Corrupted" };

export interface CounterState {
  readonly sum: number;
  readonly count: number;
  readonly ticks: readonly {
    readonly dueMs: number;
    readonly missed: number;
    readonly isSkipped: boolean;
  }[];
}

interface CounterReply {
  readonly sum: number;
}

const added = (state: CounterState, amount: number, effects: readonly Effect[] = []) => ({
  events: [{ type: "Added" as const, amount }],
  effects,
  reply: { sum: state.sum + amount },
});

export const counter: Decider<CounterState, CounterCommand, CounterEvent, CounterReply> = {
  initial: () => ({ sum: 0, count: 0, ticks: [] }),
  decide: (state, command, env) => {
    switch (command.type) {
      case "Add":
      case "Urgent":
        return added(state, command.amount);
      case "AddUpTo":
        if (state.sum + command.amount > command.limit) {
          throw new Refusal("conflict", "LIMIT", "over the limit", { sum: state.sum });
        }
        return added(state, command.amount);
      case "AddAndTell":
        return added(state, command.amount, [
          {
            kind: "tell",
            to: command.to,
            command: { type: "Add", amount: command.amount } as CounterCommand,
          },
        ]);
      case "AddAndJoin": {
        const { amount, to, isBirth } = command;
        const told: CounterCommand = { type: "AddAndWork", amount };
        return added(state, amount, [
          { kind: "tell", to, command: told, commandId: env.id("told"), isBirth, isJoint: true },
        ]);
      }
      case "AddAndWork":
        return added(state, command.amount, [
          { kind: "work", payload: { amount: command.amount } },
        ]);
      case "Look":
        return { events: [], reply: { sum: state.sum } };
      case "Crash":
        throw new TypeError("a defect in decide");
      case "Corrupt":
        return { events: [{ type: "Corrupted" }], reply: { sum: state.sum } };
      case "Remind":
        return { events: [], reminders: [command.change], reply: { sum: state.sum } };
      case "Tick": {
        const { dueMs = 0, missed = 0, isSkipped = false } = env.reminder ?? {};
        return {
          events: [{ type: "Ticked", dueMs, missed, isSkipped }],
          reply: { sum: state.sum },
        };
      }
    }
  },
  evolve: (state, { event }) => {
    switch (event.type) {
      case "Added":
        return { ...state, sum: state.sum + event.amount, count: state.count + 1 };
      case "Ticked": {
        const { type: _, ...tick } = event;
        return { ...state, ticks: [...state.ticks, tick] };
      }
      case "Corrupted":
        return state;
    }
  },
};

export interface CounterOptions {
  readonly work?: EffectHandler;
  readonly project?: (
    ref: ActorRef,
    state: CounterState,
    recorded: readonly Recorded<CounterEvent>[],
  ) => Projection;
  /** a build in which `Corrupted` cannot be applied */
  readonly isBroken?: boolean;
  readonly schemaVersion?: number;
}

export function counterKind(options: CounterOptions = {}): ActorKind {
  const { work, project, isBroken = false, schemaVersion = 1 } = options;
  return defineActor({
    type: "counter",
    schemaVersion,
    decider: isBroken ? brokenCounter : counter,
    summarize: (_id, state) => ({ ...state }),
    urgent: new Set(["Urgent"] as const),
    ...(work && { effects: { work } }),
    ...(project && { project }),
  });
}

const brokenCounter: typeof counter = {
  ...counter,
  evolve: (state, recorded) => {
    if (recorded.event.type === "Corrupted") throw new Error("this event cannot be applied");
    return counter.evolve(state, recorded);
  },
};
