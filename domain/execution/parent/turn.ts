import { isClosed } from "../../order/order-status.ts";
import type { Decision, Effect, Env, ReminderChange } from "../../shared/decider.ts";
import type { Json } from "../../shared/json.ts";
import type { CancelChildPayload, ParentCommand, ParentEvent, ParentReply } from "./messages.ts";
import { type Child, evolve, type ParentState, type StartedParent } from "./state.ts";
import { CHILDREN_SHOWN, summarize } from "./summary.ts";

const REMINDER = "slice";

/** Events applied as they are decided, so that each step builds on the one before it. */
export class Turn {
  state: ParentState;
  readonly env: Env;
  readonly #events: ParentEvent[] = [];
  readonly #effects: Effect[] = [];
  #reminder: ReminderChange | null = null;

  constructor(state: ParentState, env: Env) {
    this.state = state;
    this.env = env;
  }

  /** The parent as it stands now; null when it was never started. */
  get started(): StartedParent | null {
    return this.state.phase === "started" ? this.state : null;
  }

  add(event: ParentEvent): void {
    this.#events.push(event);
    const { nowMs: atMs, commandId } = this.env;
    this.state = evolve(this.state, { event, version: 0, atMs, commandId });
  }

  effect(kind: string, payload: Json): void {
    this.#effects.push({ kind, payload });
  }

  wake(index: number, dueMs: number): void {
    const command: ParentCommand = { type: "RunSlice", index };
    this.#reminder = { set: REMINDER, dueMs, command, misfire: "fireOnce" };
  }

  sleep(): void {
    this.#reminder = { cancel: REMINDER };
  }

  decision(): Decision<ParentEvent, ParentReply> {
    return {
      events: this.#events,
      effects: this.#effects,
      reminders: this.#reminder === null ? [] : [this.#reminder],
      reply: { parent: summarize(this.state, CHILDREN_SHOWN) },
    };
  }
}

/** Asks every open child with a price to end; those without one fill or end by themselves. */
export function cancelPriced(turn: Turn): void {
  cancelAll(turn, ({ price }) => price !== null);
}

export function cancelAll(turn: Turn, isMeant: (child: Child) => boolean): void {
  const open = turn.started?.children.filter(
    (child) => !isClosed(child.standing.ordStatus) && !child.isCancelRequested && isMeant(child),
  );
  const requestedBy = `algo:${turn.env.actor.id}`;
  for (const { orderId } of open ?? []) {
    turn.add({ type: "ChildCancelRequested", orderId });
    const payload: CancelChildPayload = { orderId, requestedBy };
    turn.effect("cancelChild", payload);
  }
}
