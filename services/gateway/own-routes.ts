import type { Clock } from "../../mixins/clock.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import { openApiDocument } from "../../mixins/rest/openapi.ts";
import { AREAS } from "../../mixins/rest/route.ts";
import { ROUTES } from "../../mixins/rest/routes/index.ts";
import type { OwnAction } from "../../mixins/rest/routes/index.ts";
import type { ReadinessView } from "../../mixins/rest/routes/operations.ts";
import { checkChannels } from "../../mixins/rest/stream-channels.ts";
import { eventStreamWire } from "../../mixins/rest/stream-wire.ts";
import type { StreamHub } from "../../mixins/rest/stream.ts";
import { DOCS_PAGE, DOCS_POLICY, docsAsset } from "./docs.ts";
import type { Exchange } from "./exchange.ts";
import { openJobEvents } from "./job-events.ts";
import type { JobSource, MetricsSource, ReadinessSource } from "./ports.ts";
import { JSON_TYPE, sendJson, sendRead } from "./respond.ts";

export type OwnHandler = (exchange: Exchange) => Promise<void> | void;
export type OwnHandlers = Readonly<Record<OwnAction, OwnHandler>>;

interface OwnSources {
  readonly hub: StreamHub;
  readonly metrics: MetricsSource;
  readonly readiness: ReadinessSource;
  readonly jobs: JobSource;
  readonly clock: Clock;
  readonly version: string;
}

/** The routes that the gateway answers itself. */
export function ownHandlers(sources: OwnSources): OwnHandlers {
  const { hub, metrics, readiness, jobs, clock, version } = sources;
  const documents = new Map<string, string>();
  const documentOf = (service: unknown): string => {
    const area = AREAS.find((name) => name === service);
    const text =
      documents.get(area ?? "") ?? JSON.stringify(openApiDocument(ROUTES, version, area));
    documents.set(area ?? "", text);
    return text;
  };
  return {
    "api.stream": (exchange) => openStream(hub, exchange),
    "api.jobEvents": (exchange) => openJobEvents(hub, jobs, clock, exchange),
    "api.live": ({ req, res }) => sendJson(req, res, 200, { status: "live" }),
    "api.ready": (exchange) => sendReadiness(readiness, exchange),
    "api.metrics": ({ req, res }) =>
      sendRead(req, res, metrics.render(), "text/plain; version=0.0.4; charset=utf-8"),
    "api.openapi": ({ req, res, params }) =>
      sendRead(req, res, documentOf(params["service"]), JSON_TYPE),
    "api.docs": ({ req, res }) => {
      res.setHeader("Content-Security-Policy", DOCS_POLICY);
      return sendRead(req, res, DOCS_PAGE, "text/html; charset=utf-8");
    },
    "api.docsAsset": async ({ req, res, params }) => {
      const { body, mediaType } = await docsAsset(String(params["asset"]));
      res.setHeader("Cache-Control", "public, max-age=3600");
      await sendRead(req, res, body, mediaType);
    },
  };
}

function openStream(hub: StreamHub, { req, res, params, identity }: Exchange): void {
  if (identity === null) throw new RestError("UNAUTHENTICATED", "a stream needs a user");
  const { expiresAtMs, ...user } = identity;
  const asked = Array.isArray(params["channels"]) ? params["channels"].map(String) : [];
  const channels = checkChannels(asked, user);
  const header = req.headers["last-event-id"];
  const lastEventId = typeof header === "string" && header !== "" ? header.slice(0, 64) : null;
  const wire = eventStreamWire(res);
  if (req.method === "HEAD") {
    wire.open();
    return void res.end();
  }
  hub.add(wire, { user, channels, expiresAtMs, lastEventId });
}

async function sendReadiness(source: ReadinessSource, { req, res }: Exchange): Promise<void> {
  const { ready, dependencies } = await source.check();
  const view: ReadinessView = { status: ready ? "ready" : "notReady", dependencies };
  if (!ready) res.setHeader("Retry-After", "1");
  sendJson(req, res, ready ? 200 : 503, view);
}
