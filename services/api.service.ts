import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import type { Clock } from "../mixins/clock.ts";
import { toFailure } from "../mixins/rest/problem.ts";
import { RestError, unavailable } from "../mixins/rest/rest-error.ts";
import { ROUTES } from "../mixins/rest/routes/index.ts";
import type { StreamSource } from "../mixins/rest/stream-channels.ts";
import { streamMixin } from "../mixins/rest/stream-mixin.ts";
import { StreamHub } from "../mixins/rest/stream.ts";
import type { RateLimiter } from "../models/cache/ports.ts";
import type { EventMap, RequestContext } from "../types/contracts.ts";
import type { CorsConfig } from "./gateway/cors.ts";
import { Identifier } from "./gateway/identify.ts";
import { DEFAULT_RATE_LIMITS, RequestLimits } from "./gateway/limits.ts";
import type { RateLimits } from "./gateway/limits.ts";
import { ownHandlers } from "./gateway/own-routes.ts";
import { Pipeline } from "./gateway/pipeline.ts";
import type {
  JobSource,
  MetricsSource,
  ReadinessSource,
  SessionSource,
  TokenVerifier,
} from "./gateway/ports.ts";
import { sendProblem } from "./gateway/respond.ts";
import { aliasesOf, Router } from "./gateway/router.ts";
import type { Alias, Found } from "./gateway/router.ts";
import { SOCKET_PATH, SocketDoor } from "./gateway/web-socket.ts";

export interface ApiConfig {
  readonly host: string;
  /** 0 for any free one */
  readonly port: number;
  /** of the product, for the documentation */
  readonly version: string;
  /** null: pages of this origin only */
  readonly cors: CorsConfig | null;
  readonly rateLimits?: RateLimits;
  /** how many proxies of ours stand before the gateway and append to X-Forwarded-For */
  readonly trustedProxies?: number;
  readonly maxStreamsPerUser?: number;
  readonly requestTimeoutMs?: number;
  readonly maxBodyBytes?: number;
}

export interface ApiDeps {
  readonly config: ApiConfig;
  readonly tokens: TokenVerifier;
  readonly sessions: SessionSource;
  readonly limiter: RateLimiter;
  readonly streamSource: StreamSource;
  readonly metrics: MetricsSource;
  readonly readiness: ReadinessSource;
  readonly jobs: JobSource;
  readonly clock: Clock;
}

type Request = IncomingMessage & { readonly $ctx?: RequestContext };

/** What moleculer-web puts on the service. */
interface Gateway {
  /** `started` is true from when all services are there until the broker is told to stop */
  readonly broker: { readonly started: boolean };
  readonly aliases: readonly Alias[];
  readonly logger: { error(...words: unknown[]): void };
  router?: Router;
  errorHandler(req: Request, res: ServerResponse, error: unknown): void;
}

/**
 * The gateway: moleculer-web listens and finds the route; from there a request takes the way of `gateway/pipeline.ts`.
 * Only what stands in the route table can be reached.
 */
export function createApiService(deps: ApiDeps): ServiceSchema<ApiSettings> {
  const { config, clock } = deps;
  const { maxStreamsPerUser } = config;
  const hub = new StreamHub({
    source: deps.streamSource,
    clock,
    ...(maxStreamsPerUser !== undefined && { maxStreamsPerUser }),
  });
  const identifier = new Identifier(deps.tokens, deps.sessions, clock);
  const limits = new RequestLimits(deps.limiter, config.rateLimits ?? DEFAULT_RATE_LIMITS);
  const trustedProxies = config.trustedProxies ?? 0;
  const door = new SocketDoor({ hub, identifier, limits, cors: config.cors, trustedProxies });
  const pipeline = new Pipeline({
    routes: ROUTES,
    own: ownHandlers({ ...deps, hub, version: config.version }),
    identifier,
    limits,
    cors: config.cors,
    trustedProxies,
    requestTimeoutMs: config.requestTimeoutMs ?? 5000,
    maxBodyBytes: config.maxBodyBytes ?? 262_144,
  });
  return {
    name: "api",
    mixins: [streamMixin(hub, (server) => door.attach(server)), ApiGateway],
    settings: settingsOf(config),
    // Any node on the bus could change the routes with these.
    actions: { listAliases: false, addRoute: false, removeRoute: false },
    events: {
      "auth.sessionRevoked"(ctx: Context<EventMap["auth.sessionRevoked"]>) {
        identifier.revoke(ctx.params.sessionId);
        hub.endSession(ctx.params.sessionId);
      },
    },
    methods: methodsOf(pipeline),
  };
}

type ApiSettings = ReturnType<typeof settingsOf>;

function settingsOf({ host, port }: ApiConfig) {
  return {
    ip: host,
    port,
    routes: [
      { path: "/", aliases: aliasesOf(ROUTES), mappingPolicy: "restrict", bodyParsers: false },
    ],
    // The table is in the order of traffic.
    optimizeOrder: false,
    logRequest: null,
    logRequestParams: null,
    logResponse: null,
    logRouteRegistration: null,
    // To receive a request; a stream that is being sent is not limited by it.
    requestTimeout: 30_000,
    rootCallOptions(options: { requestID: string }, req: IncomingMessage) {
      options.requestID = requestIdOf(req);
    },
  };
}

/** The client's own when it can stand in a header and a log line, a new one otherwise. */
function requestIdOf(req: IncomingMessage): string {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:/+=@-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The four points at which moleculer-web's way is left for ours. */
function methodsOf(pipeline: Pipeline) {
  return {
    /** The query is read by the schema of its route. */
    parseQueryString(req: IncomingMessage) {
      return { url: pathOf(req), query: {} };
    },

    resolveAlias(this: Gateway, url: string, method = "OPTIONS"): Found | null {
      return routerOf(this).find(url, method);
    },

    /** @returns true: answered; moleculer-web sends nothing itself */
    async routeHandler(
      this: Gateway,
      ctx: RequestContext,
      _route: unknown,
      req: IncomingMessage,
      res: ServerResponse,
      found?: Found,
    ): Promise<true> {
      if (!this.broker.started) throw notServing(res);
      const url = pathOf(req);
      if (req.method === "OPTIONS") pipeline.preflight(routerOf(this), url, req, res);
      else if (found) await pipeline.handle(ctx, req, res, found);
      else throw noRoute(routerOf(this), url, res);
      return true;
    },

    errorHandler(this: Gateway, req: Request, res: ServerResponse, error: unknown): void {
      const failure = toFailure(error);
      const { requestID, meta } = req.$ctx ?? {};
      if (failure.status === 500) this.logger.error({ err: error, requestID }, "request failed");
      if (res.headersSent) return void res.destroy();
      if (meta?.isReplay === true) res.setHeader("Idempotent-Replayed", "true");
      sendProblem(req, res, failure, requestID ?? "");
    },

    send404(this: Gateway, req: Request, res: ServerResponse): void {
      this.errorHandler(req, res, new RestError("NOT_FOUND", "there is no such path"));
    },
  };
}

/** Made at the first request: moleculer-web makes the aliases after the methods. */
function routerOf(gateway: Gateway): Router {
  gateway.router ??= new Router(gateway.aliases);
  return gateway.router;
}

/** A client that keeps its connections busy would hold up the stop until it is cut off, in the middle of a request. */
function notServing(res: ServerResponse): RestError {
  res.setHeader("Connection", "close");
  return unavailable("this node is starting or stopping; try another, or again", 1);
}

function noRoute(router: Router, url: string, res: ServerResponse): RestError {
  if (url === SOCKET_PATH) {
    res.setHeader("Upgrade", "websocket");
    return new RestError("UPGRADE_REQUIRED", `${url} is for WebSockets`);
  }
  const methods = router.methodsAt(url);
  if (methods.length === 0) return new RestError("NOT_FOUND", `there is no ${url}`);
  res.setHeader("Allow", ["OPTIONS", ...methods].join(", "));
  return new RestError("METHOD_NOT_ALLOWED", `${url} knows ${methods.join(", ")}`);
}

function pathOf({ url = "/" }: IncomingMessage): string {
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
