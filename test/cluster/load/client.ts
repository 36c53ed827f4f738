import { setTimeout as sleep } from "node:timers/promises";

export interface Answer {
  /** 0: none came */
  readonly status: number;
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | null;
}

export interface Sent {
  readonly answer: Answer;
  readonly attempts: number;
  /** what the attempts before it came to; not those that found nobody listening, as any balancer tries the next then */
  readonly failures: readonly Failure[];
  /** false: given up without knowing */
  readonly isDefinite: boolean;
}

export interface Failure {
  /** status and code */
  readonly answer: string;
  readonly url: string;
  readonly detail: string;
}

interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly key?: string;
  readonly body?: object;
}

export interface Patience {
  /** one sending waits so long for its answer */
  readonly attemptMs: number;
  /** then the command is given up */
  readonly deadlineMs: number;
}

const PATIENCE: Patience = { attemptMs: 6_000, deadlineMs: 40_000 };
const PAUSE_MS = 50;
const TOKEN_MS = 4 * 60_000;

/**
 * A careful client of several gateways: what was not answered, or with a 5xx, it sends again under the same key, to the next
 * gateway, until its deadline.
 */
export class CarefulClient {
  readonly #urls: () => readonly string[];
  readonly #login: Login;
  readonly #random: () => number;
  #at = 0;

  constructor(urls: () => readonly string[], login: Login, random: () => number) {
    this.#urls = urls;
    this.#login = login;
    this.#random = random;
  }

  async send(request: Request, patience: Patience = PATIENCE): Promise<Sent> {
    const giveUpAtMs = performance.now() + patience.deadlineMs;
    let last = NO_ANSWER;
    const failures: Failure[] = [];
    for (let attempts = 1; ; attempts++) {
      const leftMs = giveUpAtMs - performance.now();
      if (leftMs <= 0) return { answer: last, attempts: attempts - 1, failures, isDefinite: false };
      const url = this.#next(attempts);
      const token = await this.#login.token(url);
      if (token !== null) {
        last = await exchange(url, request, token, Math.min(leftMs, patience.attemptMs));
        if (isDefinite(last)) return { answer: last, attempts, failures, isDefinite: true };
        if (last.code !== "REFUSED") failures.push(failureOf(last, url));
        if (last.status === 401) this.#login.forget();
      }
      await sleep(last.status === 0 ? PAUSE_MS : Math.min(last.retryAfterMs ?? PAUSE_MS, 1_000));
    }
  }

  /** Another one after a failure, any one at first. */
  #next(attempt: number): string {
    const urls = this.#urls();
    this.#at = attempt === 1 ? Math.floor(this.#random() * urls.length) : this.#at + 1;
    return urls[this.#at % urls.length] ?? "";
  }
}

/** Any 2xx, and any 4xx but those that are about the sending and not about the command. */
function isDefinite({ status }: Answer): boolean {
  return status >= 200 && status < 500 && ![401, 408, 425, 429].includes(status);
}

function failureOf({ status, code, body }: Answer, url: string): Failure {
  const { detail = "" } = body;
  return { answer: `${status} ${code}`, url, detail: String(detail) };
}

const NO_ANSWER: Answer = { status: 0, code: "NO_ANSWER", body: {}, retryAfterMs: null };

/** One request, one answer. */
export async function exchange(
  url: string,
  { method, path, key, body }: Request,
  token: string | null,
  timeoutMs: number,
): Promise<Answer> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(key !== undefined && { "idempotency-key": key }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const told = parse(text);
    const after = response.headers.get("retry-after");
    return {
      status: response.status,
      code: typeof told["code"] === "string" ? told["code"] : "",
      body: told,
      retryAfterMs: after === null ? null : Number(after) * 1_000,
    };
  } catch (error) {
    return { ...NO_ANSWER, code: isRefused(error) ? "REFUSED" : "NO_ANSWER" };
  }
}

/** Nobody listened: the request was never sent. */
function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

function parse(text: string): Readonly<Record<string, unknown>> {
  if (text === "") return {};
  try {
    // sound: every answer of the API is an object; anything else shows as one without fields
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** One token for all clients, renewed before it ends, from whichever gateway gives one. */
export class Login {
  readonly #credentials: { readonly email: string; readonly password: string } | null;
  #token: { readonly text: string; readonly untilMs: number } | null = null;
  #asking: Promise<string | null> | null = null;

  /** @param credentials null: nobody asks for a token */
  constructor(credentials: { readonly email: string; readonly password: string } | null) {
    this.#credentials = credentials;
  }

  async token(url: string): Promise<string | null> {
    if (this.#credentials === null) return "none";
    if (this.#token !== null && this.#token.untilMs > performance.now()) return this.#token.text;
    this.#asking ??= this.#ask(url).finally(() => (this.#asking = null));
    return this.#asking;
  }

  forget(): void {
    this.#token = null;
  }

  async #ask(url: string): Promise<string | null> {
    const request = {
      method: "POST",
      path: "/api/auth/login",
      body: { ...this.#credentials },
    } as const;
    const { body } = await exchange(url, request, null, 5_000);
    const { accessToken: text } = body;
    if (typeof text !== "string") return null;
    this.#token = { text, untilMs: performance.now() + TOKEN_MS };
    return text;
  }
}
