import type { IncomingMessage, ServerResponse } from "node:http";

/** Which web pages of other origins may call. */
export interface CorsConfig {
  /** `*` for all */
  readonly origins: readonly string[];
}

const EXPOSED = "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";
const ALLOWED =
  "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id";

/**
 * Says what browsers ask. An origin that is not listed gets no permission, and its browser keeps the answer from it; the
 * request itself is served, because same-origin requests carry an Origin too.
 */
export function writeCors(
  cors: CorsConfig | null,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const { origin } = req.headers;
  if (cors === null || origin === undefined) return;
  const isOpen = cors.origins.includes("*");
  if (!isOpen) res.setHeader("Vary", "Origin");
  if (!isOpen && !cors.origins.includes(origin)) return;
  res.setHeader("Access-Control-Allow-Origin", isOpen ? "*" : origin);
  res.setHeader("Access-Control-Expose-Headers", EXPOSED);
  if (req.method !== "OPTIONS") return;
  res.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  res.setHeader("Access-Control-Allow-Headers", ALLOWED);
  res.setHeader("Access-Control-Max-Age", "600");
}
