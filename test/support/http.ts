import { Agent, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { text as readText } from "node:stream/consumers";
import { Validators } from "moleculer";
import type { AnyRoute, Route } from "../../mixins/rest/route.ts";
import { isRecord } from "../../mixins/rest/schema.ts";
import type { Schema, Shape } from "../../mixins/rest/schema.ts";
import { login } from "../../mixins/rest/routes/auth.ts";

export interface HttpRequest {
  readonly method: string;
  /** with its query, sent as it is */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** text and bytes are sent as they are; everything else as JSON, with its content type */
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The fields of a route, whether they go into path, query or body. */
export type RouteInput = Readonly<Record<string, unknown>>;

interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/**
 * A server closes a connection that nothing came over for five seconds. A client that is busy for a second may send a request
 * just then, and nobody can say whether it was heard: idle connections are given up long before, four seconds before what the
 * server says. An agent without a timeout of its own does not heed it.
 */
const agent = new Agent({
  keepAlive: true,
  maxSockets: 256,
  timeout: 600_000,
  agentKeepAliveTimeoutBuffer: 4_000,
});

/** A client of the REST API that holds every answer against the contract. */
export class HttpClient {
  readonly url: string;
  readonly token: string | null;

  constructor(url: string, token: string | null = null) {
    this.url = url;
    this.token = token;
  }

  as(token: string): HttpClient {
    return new HttpClient(this.url, token);
  }

  /** The same client with the token of whoever signed in. */
  async login(email: string, password: string): Promise<HttpClient> {
    const { accessToken } = await this.call(login, { email, password });
    return this.as(accessToken);
  }

  /** Sends anything and gets whatever comes back. */
  send({ method, path, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
    const bytes =
      typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        agent,
        hostname,
        port,
        method,
        path,
        headers: {
          ...(this.token !== null && { authorization: `Bearer ${this.token}` }),
          ...(bytes !== undefined && {
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(bytes)),
          }),
          ...headers,
        },
      });
      request.once("response", (response) => {
        const { statusCode = 0, headers: received } = response;
        readText(response).then(
          (text) => resolve({ status: statusCode, headers: received, text }),
          reject,
        );
      });
      // After the answer this changes nothing: a server that refuses a body may close while it is being sent.
      request.on("error", reject);
      request.end(bytes);
    });
  }

  /** Sends what a route takes, whatever the answer. */
  ask(
    route: AnyRoute,
    input: RouteInput = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    return this.send({ method: route.method, headers, ...placed(route, input) });
  }

  /** What a route answers with in success. @throws Error when it does not, or not as its contract says */
  async call<R>(
    route: Route<string, Shape, R>,
    input: RouteInput = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<R> {
    const { status, text } = await this.ask(route, input, headers);
    const name = `${route.method} ${route.path}`;
    if (status !== route.status) {
      throw new Error(`${name}: expected ${route.status}, found ${status}: ${text}`);
    }
    const value: unknown = text === "" ? null : JSON.parse(text);
    const faults = route.response === null ? [] : contractFaults(route.response, value);
    if (faults.length > 0) {
      throw new Error(`${name}: breaks its contract: ${JSON.stringify(faults)} in ${text}`);
    }
    // sound: the value was held against the response's schema
    return value as R;
  }

  /** Everything on all pages of a list. */
  async all<T>(
    route: Route<string, Shape, Page<T>>,
    input: RouteInput = {},
    limit = 1000,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    let cursor: string | null = null;
    do {
      const asked: RouteInput = { ...input, limit, ...(cursor !== null && { cursor }) };
      const page: Page<T> = await this.call(route, asked);
      found.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }
}

/** Where each field of the input goes. */
function placed(route: AnyRoute, input: RouteInput): { path: string; body?: RouteInput } {
  let path: string = route.path;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (Object.hasOwn(route.params, name)) {
      path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    } else if (route.body !== null && !Object.hasOwn(route.query, name)) body[name] = value;
    else query.set(name, String(value));
  }
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  return { path: path + search, ...(route.body !== null && { body }) };
}

type Validate = ReturnType<InstanceType<typeof Validators.Fastest>["compile"]>;
const validators = new Map<Schema<unknown>, Validate>();

/** What is wrong with a value by its schema: unknown fields count. */
export function contractFaults(schema: Schema<unknown>, value: unknown): readonly unknown[] {
  const validate =
    validators.get(schema) ?? new Validators.Fastest().compile({ $$root: true, ...schema.rule() });
  validators.set(schema, validate);
  if (!isRecord(value)) return ["expected an object"];
  const outcome: unknown = validate({ ...value });
  return Array.isArray(outcome) ? outcome : [];
}
