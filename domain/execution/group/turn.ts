import type { Decision, Effect, Env, Recorded, ReminderChange } from "../../shared/decider.ts";
import type { Json } from "../../shared/json.ts";
import type { GroupCommand, GroupEvent, GroupReply } from "./messages.ts";
import { evolve } from "./evolve.ts";
import type { Attempt, GroupState } from "./state.ts";
import { summarize } from "./summary.ts";

/** How long a child may take to say that a request of ours is under way. */
export const PATIENCE_MS = 10_000;

/** Events applied as they are decided, so that each step builds on the one before it. */
export class Turn {
  state: GroupState;
  readonly env: Env;
  readonly #events: GroupEvent[] = [];
  readonly #effects: Effect[] = [];
  readonly #reminders = new Map<number, ReminderChange>();

  constructor(state: GroupState, env: Env) {
    this.state = state;
    this.env = env;
  }

  add(event: GroupEvent): void {
    this.#events.push(event);
    this.state = evolve(this.state, recorded(event, this.env));
  }

  effect(kind: string, payload: Json): void {
    this.#effects.push({ kind, payload });
  }

  wake(leg: number, dueMs: number): void {
    const command: GroupCommand = { type: "Wake", leg };
    this.#reminders.set(leg, { set: `leg:${leg}`, dueMs, command, misfire: "fireOnce" });
  }

  decision(): Decision<GroupEvent, GroupReply> {
    return {
      events: this.#events,
      effects: this.#effects,
      reminders: [...this.#reminders.values()],
      reply: { group: summarize(this.state) },
    };
  }
}

/** As the host will record it. Version and id do not enter the state. */
function recorded(event: GroupEvent, env: Env): Recorded<GroupEvent> {
  return { event, version: 0, atMs: env.nowMs, commandId: env.commandId };
}

/** The leg and the attempt that an order is; null when it is none of the group. */
export function find(
  state: GroupState,
  orderId: string,
): { readonly leg: number; readonly attempt: Attempt } | null {
  if (state.phase !== "started") return null;
  for (const [leg, { attempts }] of state.legs.entries()) {
    const attempt = attempts.find((one) => one.orderId === orderId);
    if (attempt !== undefined) return { leg, attempt };
  }
  return null;
}
