import { RestError } from "../rest/rest-error.ts";
import type { Clock } from "../clock.ts";
import { BREAKER_DEFAULTS, CircuitBreaker } from "./circuit-breaker.ts";
import type { BreakerOptions, BreakerState, CallOutcome } from "./circuit-breaker.ts";
import { STATE_VALUE } from "./metrics.ts";
import type { ResilienceMetrics } from "./metrics.ts";

/** Something outside that is called over the network: a broker, a vendor of data, a model runtime. */
export interface DependencyOptions<T = unknown> {
  /** a label of metrics, e.g. `alpaca` */
  readonly name: string;
  /** a call that takes longer is given up, and counts as failed */
  readonly timeoutMs: number;
  readonly breaker?: Partial<BreakerOptions>;
  /** Whether an error says that the dependency is ill; unless given, all but those with a 4xx `status` or `code`. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Whether an answer says so, for clients that do not throw on a 5xx; unless given, none does. */
  readonly isFailedAnswer?: (answer: T) => boolean;
}

/** It has been failing and was not asked: nothing was sent. */
export class DependencyRefused extends RestError {
  constructor(name: string, retryInMs: number) {
    const retryAfterS = Math.max(1, Math.ceil(retryInMs / 1_000));
    super("UNAVAILABLE", `${name} keeps failing and is not asked for a while`, { retryAfterS });
    this.name = "DependencyRefused";
  }
}

/** Nobody waits for the answer any more. Unless `wasSent` is false, what was asked for may have been done. */
export class DependencyTimedOut extends RestError {
  readonly wasSent: boolean;

  constructor(name: string, afterMs: number) {
    super("TIMED_OUT", `${name} did not answer in ${Math.round(afterMs)} ms`, { retryAfterS: 1 });
    this.name = "DependencyTimedOut";
    this.wasSent = afterMs > 0;
  }
}

export interface CallLimits {
  /** epoch ms: whoever asks does not wait longer */
  readonly deadlineMs?: number;
  /** aborted when whoever asks gives up */
  readonly until?: AbortSignal;
}

/** Calls to one dependency: each ends in bounded time, and none is made while it keeps failing. */
export class Dependency<T = unknown> {
  readonly #options: DependencyOptions<T>;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;

  constructor(options: DependencyOptions<T>, clock: Clock, breaker: CircuitBreaker) {
    this.#options = options;
    this.#clock = clock;
    this.#breaker = breaker;
  }

  /** As this node finds it. */
  get circuit(): BreakerState {
    return this.#breaker.state;
  }

  /**
   * @param work must pass the signal on to what it waits for, so that nothing is left behind
   * @throws DependencyRefused, DependencyTimedOut, the reason of `until`, and whatever the work throws
   */
  async call<A extends T>(
    work: (signal: AbortSignal) => Promise<A>,
    { deadlineMs = Infinity, until = NEVER }: CallLimits = {},
  ): Promise<A> {
    until.throwIfAborted();
    const { name, timeoutMs } = this.#options;
    const leftMs = deadlineMs - this.#clock.now();
    if (leftMs <= 0) throw new DependencyTimedOut(name, 0);
    const passage = this.#breaker.enter();
    if (passage === null) throw new DependencyRefused(name, this.#breaker.retryInMs);
    try {
      const answer = await this.#within(Math.min(timeoutMs, leftMs), until, work);
      passage.end(this.#options.isFailedAnswer?.(answer) === true ? "failure" : "success");
      return answer;
    } catch (error) {
      passage.end(until.aborted ? "unknown" : this.#judge(error, leftMs < timeoutMs));
      throw error;
    }
  }

  /** A dependency that was not given its time is not to blame for having needed it. */
  #judge(error: unknown, isCutShort: boolean): CallOutcome {
    if (error instanceof DependencyTimedOut) return isCutShort ? "unknown" : "failure";
    return (this.#options.isFailure ?? isFault)(error) ? "failure" : "success";
  }

  async #within<A>(
    ms: number,
    until: AbortSignal,
    work: (signal: AbortSignal) => Promise<A>,
  ): Promise<A> {
    const controller = new AbortController();
    const ended = Promise.withResolvers<never>();
    const end = (error: unknown): void => {
      // First, so that the error is this one and not what the work makes of the signal.
      ended.reject(error);
      controller.abort(error);
    };
    const onAbort = (): void => end(until.reason);
    const { name } = this.#options;
    const timer = this.#clock.setTimer(ms, () => end(new DependencyTimedOut(name, ms)));
    until.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([ended.promise, work(controller.signal)]);
    } finally {
      timer.cancel();
      until.removeEventListener("abort", onAbort);
    }
  }
}

const NEVER = new AbortController().signal;

function isFault(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return true;
  const status: unknown = Reflect.get(error, "status") ?? Reflect.get(error, "code");
  return !(typeof status === "number" && status >= 400 && status < 500);
}

/** Where dependencies are made known. */
export interface DependencyBook {
  /** @throws Error when the name is taken: two breakers would be one in the metrics */
  add<T>(options: DependencyOptions<T>): Dependency<T>;
  /** Dependencies that come and go together, as those of one broker account do. */
  part(): DependencyPart;
}

export interface DependencyPart extends DependencyBook {
  /** Their names are free again; calls that are under way go on. */
  end(): void;
}

/** The dependencies of one node, each with a breaker of its own that /metrics shows. */
export class Dependencies implements DependencyBook {
  readonly #clock: Clock;
  readonly #metrics: ResilienceMetrics;
  readonly #breakers = new Map<string, CircuitBreaker>();

  constructor(clock: Clock, metrics: ResilienceMetrics) {
    this.#clock = clock;
    this.#metrics = metrics;
    metrics.onRender(() => {
      for (const [dependency, { state }] of this.#breakers)
        metrics.breakerState(STATE_VALUE[state], { dependency });
    });
  }

  add<T>(options: DependencyOptions<T>): Dependency<T> {
    const { name: dependency, breaker: changes } = options;
    if (this.#breakers.has(dependency)) throw new Error(`dependency ${dependency} is added twice`);
    const { breakerTransition } = this.#metrics;
    const breaker = new CircuitBreaker(this.#clock, { ...BREAKER_DEFAULTS, ...changes }, (to) =>
      breakerTransition({ dependency, to }),
    );
    this.#breakers.set(dependency, breaker);
    for (const to of ["closed", "halfOpen", "open"] as const)
      breakerTransition({ dependency, to }, 0);
    return new Dependency(options, this.#clock, breaker);
  }

  part(): DependencyPart {
    const names: string[] = [];
    return {
      add: (options) => {
        const dependency = this.add(options);
        names.push(options.name);
        return dependency;
      },
      part: () => this.part(),
      end: () => {
        for (const dependency of names.splice(0)) {
          this.#breakers.delete(dependency);
          // A gauge keeps its last value: what is not there is not broken.
          this.#metrics.breakerState(STATE_VALUE.closed, { dependency });
        }
      },
    };
  }
}
