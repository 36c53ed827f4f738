import type { Clock } from "../../../mixins/clock.ts";
import type { NodeContext } from "../../context.ts";
import type { AlpacaAnswer } from "./alpaca-errors.ts";
import type { AlpacaAccess } from "./alpaca-settings.ts";

export interface AlpacaCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** as in the documentation, below the base URL */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, string>>;
}

/**
 * Every word to the broker over HTTP goes through one function of this type.
 * @param until ends the call when it is aborted
 * @throws when there is no whole answer: what became of the call is then not known
 */
export type AlpacaHttp = (call: AlpacaCall, until?: AbortSignal) => Promise<AlpacaAnswer>;

/** A call that has no answer by then has an unknown outcome. */
const TIMEOUT_MS = 5_000;
/** 200 calls a minute are allowed for an account: a window is over after a minute, but a caller does not wait so long. */
const LIMITED_TRIES = 3;
const LIMITED_WAIT_MS = 1_000;
const LIMITED_WAIT_MAX_MS = 4_000;

const NEVER = new AbortController().signal;

/** Node's own fetch keeps connections open, and repeats nothing by itself. One breaker for the whole account. */
export function createAlpacaHttp(node: NodeContext, config: AlpacaAccess): AlpacaHttp {
  const { clock } = node;
  const alpaca = node.dependencies.add<AlpacaAnswer>({
    name: config.name,
    timeoutMs: TIMEOUT_MS,
    isFailedAnswer: ({ status }) => status >= 500,
  });
  return (call, until = NEVER) =>
    patiently(clock, until, () =>
      alpaca.call((signal) => send(config, clock, call, signal), { until }),
    );
}

async function send(
  { baseUrl, keyId, secretKey }: AlpacaAccess,
  clock: Clock,
  { method, path, query = {}, body }: AlpacaCall,
  signal: AbortSignal,
): Promise<AlpacaAnswer> {
  const url = new URL(path, baseUrl);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, {
    method,
    headers: {
      "APCA-API-KEY-ID": keyId,
      "APCA-API-SECRET-KEY": secretKey,
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    // Elsewhere is not the broker, and would be handed our keys.
    redirect: "error",
    signal,
  });
  // Within the same time: an answer that was cut off is none.
  const text = await response.text();
  return { status: response.status, body: text, retryAfterMs: waitOf(response.headers, clock) };
}

/** 429 means that the call was not looked at, so that it may be repeated whatever it is; after some waiting it is handed on. */
async function patiently(
  clock: Clock,
  until: AbortSignal,
  call: () => Promise<AlpacaAnswer>,
): Promise<AlpacaAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await call();
    if (answer.status !== 429 || tries >= LIMITED_TRIES) return answer;
    const wishMs = answer.retryAfterMs ?? LIMITED_WAIT_MS * tries;
    await clock.sleep(Math.min(wishMs, LIMITED_WAIT_MAX_MS), until);
  }
}

/** `Retry-After` in seconds, else `X-RateLimit-Reset`, the epoch second at which the window ends. */
function waitOf(headers: Headers, clock: Clock): number | null {
  const after = seconds(headers.get("retry-after"));
  if (after !== null) return after * 1_000;
  const reset = seconds(headers.get("x-ratelimit-reset"));
  return reset === null ? null : Math.max(0, reset * 1_000 - clock.now());
}

function seconds(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
