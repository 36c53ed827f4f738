import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { Validators } from "moleculer";
import type { CallerLocals } from "../../mixins/resilience/deadline.ts";
import { isPermitted } from "../../mixins/rest/permissions.ts";
import { RestError, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import { isRecord } from "../../mixins/rest/schema.ts";
import { toFieldErrors } from "../../mixins/rest/validation.ts";
import type { RequestContext, RequestMeta } from "../../types/contracts.ts";
import { hasBody, isCsv, readForm, readJson } from "./body.ts";
import type { RequestBody } from "./body.ts";
import { writeCors } from "./cors.ts";
import type { CorsConfig } from "./cors.ts";
import type { Identifier, Identity } from "./identify.ts";
import { addressOf } from "./limits.ts";
import type { RequestLimits } from "./limits.ts";
import type { OwnHandler, OwnHandlers } from "./own-routes.ts";
import { gather } from "./params.ts";
import type { Params } from "./params.ts";
import { sendDownload } from "./download.ts";
import type { FormBody } from "./multipart.ts";
import { JSON_TYPE, sendJson, sendRead } from "./respond.ts";
import type { Found, Router } from "./router.ts";

export interface PipelineParts {
  readonly routes: readonly AnyRoute[];
  readonly own: OwnHandlers;
  readonly identifier: Identifier;
  readonly limits: RequestLimits;
  readonly cors: CorsConfig | null;
  readonly trustedProxies: number;
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
}

interface Stop {
  readonly route: AnyRoute;
  /** null when an action answers */
  readonly own: { readonly handle: OwnHandler; check(params: Params): void } | null;
}

/** For a body that comes as a stream and is worked on as it comes. */
const UPLOAD_TIMEOUT_MS = 60_000;

/** Forms with files that are received at a time. */
const FORMS_MAX = 4;
/** Of a file, as it is handed on: a message of the bus takes no more. */
const CHUNK_BYTES = 65_536;

const PAGE_TYPE = "text/html; charset=utf-8";
/** Of pages that actions make: they bring all that they need, and run nothing. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Probes and scrapes must get through whatever else is going on. */
const UNLIMITED: ReadonlySet<string> = new Set(["api.live", "api.ready", "api.metrics"]);

/**
 * The way of a request: who is it, may it, what does it say, then the action. The order matters: nothing is read from a
 * client that is not allowed, and nothing is told to one that is not known.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #stops: ReadonlyMap<string, Stop>;
  /** that are being received */
  #forms = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#stops = new Map(parts.routes.map((route) => [route.action, stopOf(route, parts.own)]));
  }

  /** @throws whatever `toFailure` has an answer for */
  async handle(
    ctx: RequestContext,
    req: IncomingMessage,
    res: ServerResponse,
    found: Found,
  ): Promise<void> {
    const stop = this.#stops.get(found.alias.action);
    if (stop === undefined) throw new Error(`no route for ${found.alias.action}`);
    const { route, own } = stop;
    const identity = await this.#admit(route, req, res);
    const body = await this.#readBody(route, req);
    const params = gather(route, found.params, searchOf(req), body);
    if (own !== null) {
      own.check(params);
      return own.handle({ req, res, params, identity });
    }
    this.#describe(ctx.meta, req, identity);
    if (route.isSigned) ctx.meta.signed = signedOf(req, body);
    await this.#answer(ctx, route, params, streamOf(route, req, body), req, res);
  }

  async #readBody(route: AnyRoute, req: IncomingMessage): Promise<RequestBody> {
    if (route.csv !== undefined && isCsv(req)) return "csv";
    if (!hasBody(req)) return null;
    const form = await this.#readForm(route, req);
    if (form !== null) return form;
    return readJson(req, route.bodyMaxBytes ?? this.#parts.maxBodyBytes);
  }

  /** A form is held in memory until its file has been taken: so many at once. */
  async #readForm({ multipart }: AnyRoute, req: IncomingMessage): Promise<FormBody | null> {
    if (multipart === undefined) return null;
    if (this.#forms >= FORMS_MAX)
      throw new RestError("OVERLOADED", "too many files are being sent", { retryAfterS: 2 });
    this.#forms += 1;
    try {
      return await readForm(req, multipart.maxBytes);
    } finally {
      this.#forms -= 1;
    }
  }

  /** A preflight, or a question what the path knows. */
  preflight(router: Router, url: string, req: IncomingMessage, res: ServerResponse): void {
    writeCors(this.#parts.cors, req, res);
    res.setHeader("Allow", ["OPTIONS", ...router.methodsAt(url)].join(", "));
    res.writeHead(204).end();
  }

  async #admit(
    route: AnyRoute,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<Identity | null> {
    writeCors(this.#parts.cors, req, res);
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (UNLIMITED.has(route.action)) return null;
    if (route.permission === null) {
      await this.#limitAddress(req, res);
      return null;
    }
    const identity = await this.#identify(req, res);
    await this.#parts.limits.take("user", identity.userId, res);
    if (!isPermitted(identity.role, route.permission)) {
      throw new RestError("FORBIDDEN", `this needs the permission ${route.permission}`);
    }
    return identity;
  }

  /** A failed identification costs its address a token, so that guessing is slow. */
  async #identify(req: IncomingMessage, res: ServerResponse): Promise<Identity> {
    try {
      return await this.#parts.identifier.identify(req.headers.authorization);
    } catch (error) {
      await this.#limitAddress(req, res);
      throw error;
    }
  }

  #limitAddress(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { limits, trustedProxies } = this.#parts;
    return limits.take("address", addressOf(req, trustedProxies), res);
  }

  #describe(meta: RequestMeta, req: IncomingMessage, identity: Identity | null): void {
    meta.user = identity;
    meta.address = addressOf(req, this.#parts.trustedProxies);
    const userAgent = req.headers["user-agent"];
    if (userAgent !== undefined) meta.userAgent = userAgent.slice(0, 200);
    const key = idempotencyKey(req);
    if (key !== undefined) meta.idempotencyKey = key;
  }

  async #answer(
    ctx: RequestContext,
    route: AnyRoute,
    params: Params,
    stream: Readable | null,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const timeout = this.#parts.requestTimeoutMs;
    // What waits in a queue is not begun for a client that has hung up.
    const locals: CallerLocals = ctx.locals;
    locals.answer = res;
    const result: unknown = await ctx.call(route.action, params, {
      timeout: stream === null ? timeout : UPLOAD_TIMEOUT_MS,
      ...(stream !== null && { stream }),
    });
    if (route.download !== undefined) {
      await sendDownload(req, res, result, route.download.describe(params));
      return;
    }
    if (route.mediaType === "text/html") {
      res.setHeader("Content-Security-Policy", PAGE_POLICY);
      await sendRead(req, res, typeof result === "string" ? result : "", PAGE_TYPE);
      return;
    }
    if (route.method === "GET") {
      await sendRead(req, res, JSON.stringify(result ?? null), JSON_TYPE);
      return;
    }
    if (ctx.meta.isReplay === true) res.setHeader("Idempotent-Replayed", "true");
    sendJson(req, res, ctx.meta.$statusCode ?? route.status, result);
  }
}

/** What an action reads beside its parameters: CSV as it comes, or the file of a form. */
function streamOf(route: AnyRoute, req: IncomingMessage, body: RequestBody): Readable | null {
  if (body !== null && body !== "csv" && body.kind === "form") {
    const { bytes } = body.file ?? {};
    return bytes === undefined ? null : Readable.from(chunksOf(bytes), { objectMode: false });
  }
  return route.csv !== undefined && hasBody(req) && !req.readableEnded ? req : null;
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

function stopOf(route: AnyRoute, own: OwnHandlers): Stop {
  if (!isOwn(route.action, own)) return { route, own: null };
  const validate = new Validators.Fastest().compile(route.input.validator);
  const check = (params: Params): void => {
    const outcome: unknown = validate(params);
    if (Array.isArray(outcome)) throw unprocessable(toFieldErrors(outcome.filter(isRecord)));
  };
  return { route, own: { handle: own[route.action], check } };
}

function isOwn(action: string, own: OwnHandlers): action is keyof OwnHandlers {
  return Object.hasOwn(own, action);
}

/** Strict UTF-8 loses nothing: the text is the bytes. */
function signedOf(req: IncomingMessage, body: RequestBody): NonNullable<RequestMeta["signed"]> {
  const signature = req.headers["x-signature"];
  return {
    body: body === null || body === "csv" || body.kind === "form" ? "" : body.source,
    signature: typeof signature === "string" ? signature : null,
  };
}

function searchOf(req: IncomingMessage): string {
  const url = req.url ?? "";
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start + 1);
}

/** @throws RestError 422 when it is not 1 to 255 visible ASCII characters */
function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers["idempotency-key"];
  if (key === undefined || req.method === "GET" || req.method === "HEAD") return undefined;
  if (typeof key === "string" && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const message = "must be 1 to 255 visible ASCII characters";
  throw unprocessable([{ path: "Idempotency-Key", code: "INVALID_VALUE", message }]);
}
