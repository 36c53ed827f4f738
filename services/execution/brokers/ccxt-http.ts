import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../../mixins/clock.ts";
import type { Dependency } from "../../../mixins/resilience/dependency.ts";
import type { CcxtFetch, CcxtHttpAnswer } from "./ccxt-exchange.ts";

/** A call that has no answer by then has an unknown outcome. */
export const CALL_MS = 5_000;
/** What has waited longer for its turn under the exchange's limit of calls is not sent any more: nobody counts on it. */
export const QUEUE_MS = 4_000;
/** A venue that takes no more calls is left alone for so long, where it does not say itself. */
const LIMITED_MS = 2_000;
/** A ban can last for days (Binance's 418): it is looked at again all the same, in case somebody has lifted it. */
const LIMITED_MAX_MS = 300_000;

/** What is known of one call while ccxt makes it: ccxt's own errors tell neither whether it was sent nor who answered. */
export interface CallTrace {
  readonly sendByMs: number;
  readonly until: AbortSignal;
  /** something left this process */
  wasSent: boolean;
  /** the last answer was the venue's own word: JSON, and no fault of its servers */
  isVenuesWord: boolean;
}

export interface Traced<T> {
  readonly trace: CallTrace;
  readonly done: Promise<T>;
}

const NEVER = new AbortController().signal;

/** Nothing was sent. */
export class NotSent extends Error {
  constructor(why: string) {
    super(`not sent: ${why}`);
    this.name = "NotSent";
  }
}

/** There is no whole answer: what became of the call is not known. */
export class NoAnswer extends Error {
  constructor(method: string, path: string, why: string) {
    super(`no answer to ${method} ${path}: ${why}`);
    this.name = "NoAnswer";
  }
}

/**
 * The way of everything that ccxt says over HTTP: one breaker and one deadline for each call, no redirects, and no call
 * while the venue wants none.
 */
export class CcxtHttp {
  readonly #dependency: Dependency<CcxtHttpAnswer>;
  readonly #clock: Clock;
  readonly #traces = new AsyncLocalStorage<CallTrace>();
  /** by the monotonic clock */
  #limitedUntilMs = 0;

  constructor(dependency: Dependency<CcxtHttpAnswer>, clock: Clock) {
    this.#dependency = dependency;
    this.#clock = clock;
  }

  /** How long the venue wants no more calls, ms. */
  get limitedForMs(): number {
    return Math.max(0, this.#limitedUntilMs - this.#clock.monotonicMs());
  }

  /** By when a call that is asked for now has to have its turn. */
  turnByMs(): number {
    return this.#clock.monotonicMs() + QUEUE_MS;
  }

  /** @param until ends what the work waits for when it is aborted */
  traced<T>(work: () => Promise<T>, sendByMs: number, until: AbortSignal = NEVER): Traced<T> {
    const trace: CallTrace = {
      sendByMs,
      until,
      wasSent: false,
      isVenuesWord: false,
    };
    return { trace, done: this.#traces.run(trace, work) };
  }

  readonly fetch: CcxtFetch = async (url, init) => {
    const trace = this.#traces.getStore();
    this.#checkTurn(trace);
    const until = trace?.until ?? NEVER;
    const answer = await this.#dependency.call(
      (signal) => {
        if (trace) trace.wasSent = true;
        return send(url, init, signal);
      },
      { until },
    );
    this.#heedLimit(answer);
    if (trace) trace.isVenuesWord = answer.status < 500 && isJson(await answer.text());
    return answer;
  };

  #checkTurn(trace: CallTrace | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#limitedUntilMs) throw new NotSent("the venue takes no more calls for now");
    if (trace && nowMs > trace.sendByMs) throw new NotSent("its turn came too late");
  }

  /** 429: too many calls; 418: a ban for not heeding it (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits). */
  #heedLimit({ status, headers }: CcxtHttpAnswer): void {
    if (status !== 429 && status !== 418) return;
    const after = headers["retry-after"] ?? "";
    const wishMs = /^\d+$/.test(after) ? Number(after) * 1_000 : LIMITED_MS;
    this.#limitedUntilMs = this.#clock.monotonicMs() + Math.min(wishMs, LIMITED_MAX_MS);
  }
}

function isJson(body: string): boolean {
  return /^\s*[[{]/.test(body);
}

async function send(
  url: string,
  { method, headers, body }: Parameters<CcxtFetch>[1],
  signal: AbortSignal,
): Promise<CcxtHttpAnswer> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      // Elsewhere is not the venue, and would be handed our keys.
      redirect: "error",
      signal,
    });
    // Within the same time: an answer that was cut off is none.
    const text = await response.text();
    return {
      status: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers),
      text: () => Promise.resolve(text),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // The address may hold the key and the signature: only its path is told.
    throw new NoAnswer(method, new URL(url).pathname, causeOf(error));
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown cause";
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
