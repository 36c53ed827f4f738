import type { ActorRef, Effect, TellEffect } from "../../domain/shared/decider.ts";
import { Refusal } from "../../domain/shared/errors.ts";
import type { PendingEffect, Turn } from "../../domain/shared/journal.ts";
import type { Timer } from "../clock.ts";
import { Batcher } from "./batcher.ts";
import type { ActorCaller } from "./client.ts";
import { hasListener } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import { bodyHash } from "./ids.ts";
import type { EffectHandler } from "./kind.ts";
import type { ActorPorts } from "./ports.ts";

const POLL_MS = 500;
const POLL_LIMIT = 1_000;
const RUNNING_MAX = 512;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 30_000;

export interface EffectHost {
  shards(): readonly number[];
  handler(type: string, kind: string): EffectHandler | undefined;
}

/**
 * Does what turns asked for once they are durable. A committed effect is tried at once; what a crash or a failure left
 * behind is found by polling the shards that this node owns. An effect is done when its row is gone.
 */
export class EffectRunner {
  readonly #ports: ActorPorts;
  readonly #host: EffectHost;
  readonly #call: ActorCaller;
  readonly #running = new Map<string, PendingEffect>();
  readonly #queue = new Map<string, PendingEffect>();
  /** ended while a poll was asking: its answer may list them still */
  readonly #ended = new Set<string>();
  readonly #done: Batcher<string, true>;
  /** tells that their sender may yet deliver itself, by receiver and command id */
  readonly #deferred = new Map<string, { readonly effectId: string; readonly timer: Timer }>();
  #timer: Timer | null = null;
  #isPolling = false;
  #isStopped = false;

  constructor(ports: ActorPorts, host: EffectHost, call: ActorCaller) {
    this.#ports = ports;
    this.#host = host;
    this.#call = call;
    this.#done = new Batcher({ lanes: 1, maxBatch: 256 }, async (ids) => {
      await ports.effects.forget(ids);
      ports.probe("effect.forgotten");
      return ids.map(() => true);
    });
    ports.metrics.onRender(() => ports.metrics.effectsRunning(this.#running.size));
  }

  get running(): number {
    return this.#running.size + this.#queue.size;
  }

  start(): void {
    this.#timer = this.#ports.clock.setTimer(POLL_MS, () => {
      void this.poll().finally(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  /**
   * Waits until what the actors were committed to when this was asked is done, or has failed and waits for its next try;
   * all that is under way, and what it leads to, without `refs`. No longer than `patienceMs`.
   */
  async settled(patienceMs: number, refs?: readonly ActorRef[]): Promise<void> {
    const { clock } = this.#ports;
    const known = [...this.#running.values(), ...this.#queue.values()];
    const awaited = refs && known.filter(({ ref }) => refs.some((one) => isSame(one, ref)));
    const isBusy = (): boolean =>
      awaited === undefined
        ? this.running > 0 || this.#isPolling
        : awaited.some(({ effectId: id }) => this.#running.has(id) || this.#queue.has(id));
    const untilMs = clock.monotonicMs() + patienceMs;
    while (isBusy() && clock.monotonicMs() < untilMs) await clock.sleep(1);
  }

  /** Begins nothing more, and waits for what has begun, for as long as `patienceMs`. */
  async stop(patienceMs = Number.POSITIVE_INFINITY): Promise<void> {
    const { clock } = this.#ports;
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#queue.clear();
    for (const { timer } of this.#deferred.values()) timer.cancel();
    this.#deferred.clear();
    const untilMs = clock.monotonicMs() + patienceMs;
    while (this.#running.size > 0 && clock.monotonicMs() < untilMs) await clock.sleep(5);
  }

  /** What a committed turn asked for, and what it shows to have been delivered. */
  committed(turn: Turn): void {
    for (const { commandId } of turn.commands) this.#delivered(turn.ref, commandId);
    for (const { effectId, effect } of turn.effects) {
      const pending = { effectId, ref: turn.ref, effect, attempts: 0 };
      if (isTell(effect) && effect.graceMs !== undefined)
        this.#defer(pending, effect, effect.graceMs);
      else this.take(pending);
    }
  }

  #defer(
    pending: PendingEffect,
    { to, commandId = pending.effectId }: TellEffect,
    graceMs: number,
  ): void {
    if (this.#isStopped) return;
    const key = deliveryKey(to, commandId);
    const timer = this.#ports.clock.setTimer(graceMs, () => {
      this.#deferred.delete(key);
      this.take(pending);
    });
    this.#deferred.set(key, { effectId: pending.effectId, timer });
  }

  #delivered(receiver: ActorRef, commandId: string): void {
    if (this.#deferred.size === 0) return;
    const key = deliveryKey(receiver, commandId);
    const deferred = this.#deferred.get(key);
    if (deferred === undefined) return;
    deferred.timer.cancel();
    this.#deferred.delete(key);
    // Not forgotten, it would be run once more, and change nothing.
    this.#done.add(deferred.effectId).catch((error: unknown) => {
      this.#ports.log.warn("a delivered effect could not be forgotten", { error });
    });
  }

  /** An effect to be run now. */
  take(effect: PendingEffect): void {
    if (this.#isStopped || this.#running.has(effect.effectId)) return;
    if (this.#running.size >= RUNNING_MAX) this.#queue.set(effect.effectId, effect);
    else void this.#run(effect);
  }

  /**
   * Looks for effects that nobody is running. A node that has just got its shards need not give their last owner the time to
   * run what it committed: it is gone.
   */
  async poll(areOrphaned = false): Promise<void> {
    const shards = this.#host.shards();
    if (this.#isPolling || shards.length === 0 || this.#running.size >= RUNNING_MAX) return;
    this.#isPolling = true;
    this.#ended.clear();
    try {
      const due = await this.#ports.effects.due(shards, POLL_LIMIT, areOrphaned);
      for (const effect of due) if (!this.#isKnown(effect)) this.take(effect);
    } catch (error) {
      this.#ports.log.warn("effects could not be polled", { error });
    } finally {
      this.#isPolling = false;
    }
  }

  #isKnown({ effectId, effect }: PendingEffect): boolean {
    if (this.#ended.has(effectId)) return true;
    return (
      isTell(effect) && this.#deferred.has(deliveryKey(effect.to, effect.commandId ?? effectId))
    );
  }

  async #run(effect: PendingEffect): Promise<void> {
    this.#running.set(effect.effectId, effect);
    try {
      this.#ports.probe("effect.started");
      await this.#perform(effect);
      this.#ports.probe("effect.done");
      await this.#done.add(effect.effectId);
      this.#ports.metrics.effect({ result: "done" });
    } catch (error) {
      await this.#failed(effect, error);
    } finally {
      this.#running.delete(effect.effectId);
      if (this.#isPolling) this.#ended.add(effect.effectId);
      this.#next();
    }
  }

  #next(): void {
    const next = this.#queue.values().next();
    if (next.done) return;
    this.#queue.delete(next.value.effectId);
    this.take(next.value);
  }

  async #perform(pending: PendingEffect): Promise<void> {
    const { effect, ref, effectId, attempts } = pending;
    if (isTell(effect)) {
      await this.#tell(effect, effectId);
      return;
    }
    const handler = this.#host.handler(ref.type, effect.kind);
    if (!handler) throw new Error(`no handler for effect ${effect.kind} of ${ref.type}`);
    await handler(effect, { effectId, ref, attempts });
  }

  async #tell(effect: TellEffect, effectId: string): Promise<void> {
    const { to, command, commandId, isBirth } = effect;
    await this.#call(to, command, {
      commandId: commandId ?? effectId,
      bodyHash: bodyHash(command),
      isBirth: isBirth ?? false,
      isAnswered: hasListener(effect),
    });
  }

  /** A refusal will not change by repeating: the effect is parked for an operator. All else is tried again, later each time. */
  async #failed(effect: PendingEffect, error: unknown): Promise<void> {
    const isFinal = error instanceof Refusal || (error instanceof ActorError && isHopeless(error));
    const retryInMs = isFinal ? null : backoffMs(effect.attempts);
    const context = {
      effectId: effect.effectId,
      actor: `${effect.ref.type}:${effect.ref.id}`,
      kind: effect.effect.kind,
      error,
    };
    if (isFinal) this.#ports.log.error("an effect was refused and is parked", context);
    else
      this.#ports.log.warn("an effect failed and will be tried again", { ...context, retryInMs });
    this.#ports.metrics.effect({ result: isFinal ? "parked" : "failed" });
    try {
      await this.#ports.effects.postpone(effect.effectId, String(error), retryInMs);
    } catch (failure) {
      this.#ports.log.warn("an effect could not be postponed", {
        effectId: effect.effectId,
        error: failure,
      });
    }
  }
}

function deliveryKey({ type, id }: ActorRef, commandId: string): string {
  return `${type}:${id}|${commandId}`;
}

function isSame(a: ActorRef, b: ActorRef): boolean {
  return a.type === b.type && a.id === b.id;
}

function isTell(effect: Effect): effect is TellEffect {
  return "to" in effect;
}

function isHopeless(error: ActorError): boolean {
  return (
    error.code === "IDEMPOTENCY_KEY_REUSED" ||
    error.code === "UNKNOWN_ACTOR_TYPE" ||
    error.code === "COMMAND_FAILED"
  );
}

function backoffMs(attempts: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempts, 10));
}
