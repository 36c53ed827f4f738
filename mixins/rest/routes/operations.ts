import { AREAS, route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";

const readiness = s.named(
  "Readiness",
  s.object({
    status: s.enum(["ready", "notReady"]),
    dependencies: s.record(s.object({ ok: s.boolean(), detail: s.optional(s.string()) })),
  }),
);
export type ReadinessView = Infer<typeof readiness>;

const systemInfo = s.named(
  "SystemInfo",
  s.object({
    name: s.string(),
    version: s.string(),
    nodeId: s.string(),
    nodeVersion: s.string(),
    startedAt: s.isoTime(),
    services: s.describe(s.array(s.string()), "that run on this node"),
    stores: s.describe(s.record(s.string()), "embedded, external or in process, by name"),
  }),
);
export type SystemInfoView = Infer<typeof systemInfo>;

export const stream = route({
  method: "GET",
  path: "/api/stream",
  action: "api.stream",
  area: "data",
  permission: "stream.read",
  summary: "Server-Sent Events, resumable by Last-Event-ID",
  description:
    "Channels: `quotes:AAPL`, `bars:AAPL:1m`, `orders`, `trades`, `portfolio:{id}`, `signals`. The event's name is its " +
    "channel. An event `gap` says that events since Last-Event-ID are no longer here; `expired`, that the session ended. " +
    "Of quotes and books a slow reader hears the newest. The same over a WebSocket at `/api/ws`.",
  query: {
    channels: s.describe(
      s.array(s.string({ min: 1, max: 200 }), { min: 1, max: 100 }),
      "separated by commas",
    ),
  },
  response: null,
  mediaType: "text/event-stream",
});

export const live = route({
  method: "GET",
  path: "/health/live",
  action: "api.live",
  area: "operations",
  permission: null,
  summary: "The process answers",
  response: s.object({ status: s.enum(["live"]) }),
});

export const ready = route({
  method: "GET",
  path: "/health/ready",
  action: "api.ready",
  area: "operations",
  permission: null,
  summary: "Each dependency; 503 when not ready",
  response: readiness,
});

export const metrics = route({
  method: "GET",
  path: "/metrics",
  action: "api.metrics",
  area: "operations",
  permission: null,
  summary: "Metrics in Prometheus' text format",
  response: null,
  mediaType: "text/plain",
});

export const openapi = route({
  method: "GET",
  path: "/api/openapi.json",
  action: "api.openapi",
  area: "operations",
  permission: null,
  summary: "This document",
  query: { service: s.optional(s.enum(AREAS)) },
  response: s.json("an OpenAPI 3.1 document"),
});

export const docs = route({
  method: "GET",
  path: "/api/docs",
  action: "api.docs",
  area: "operations",
  permission: null,
  summary: "Interactive documentation",
  query: { service: s.optional(s.enum(AREAS)) },
  response: null,
  mediaType: "text/html",
});

export const docsAsset = route({
  method: "GET",
  path: "/api/docs/{asset}",
  action: "api.docsAsset",
  area: "operations",
  permission: null,
  summary: "A file of the interactive documentation",
  params: { asset: s.string({ min: 1, max: 100 }) },
  response: null,
  mediaType: "application/octet-stream",
  problems: ["NOT_FOUND"],
});

export const info = route({
  method: "GET",
  path: "/api/system/info",
  action: "system.info",
  area: "operations",
  permission: "system.read",
  summary: "Versions, services and stores of this node",
  response: systemInfo,
});
