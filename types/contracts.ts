import type { Context } from "moleculer";

export type UserRole = "viewer" | "analyst" | "trader" | "risk_manager" | "compliance" | "admin";

/** Who a request comes from, as the gateway established it. */
export interface RequestUser {
  readonly userId: string;
  readonly tenantId: string;
  readonly role: UserRole;
  readonly email: string;
  readonly sessionId: string;
}

/** `ctx.meta` of a call that came in over REST; a part is absent when the call came from inside. */
export interface RequestMeta {
  /** null on public routes */
  user?: RequestUser | null;
  /** as the client sent it: 1 to 255 visible ASCII characters */
  idempotencyKey?: string;
  /** of the client, for limits and audit */
  address?: string;
  userAgent?: string;
  /** of a route whose sender signs: the body as it was sent, and its `X-Signature` */
  signed?: { readonly body: string; readonly signature: string | null };
  /** set by an action: the answer is one that was given before to the same key or clOrdId */
  isReplay?: boolean;
  /** set by an action: another status of success than the route's */
  $statusCode?: number;
}

export type RequestContext<P = unknown> = Context<P, RequestMeta>;

/** Facts that services tell each other with `broadcast`: lost when nobody listens. */
export interface EventMap {
  "auth.sessionRevoked": { readonly sessionId: string };
  /** added, changed or deleted */
  "brokers.accountChanged": { readonly accountId: string };
  "jobs.queued": { readonly kind: string };
  "jobs.cancelled": { readonly jobId: string };
  "data-sources.changed": { readonly sourceId: string };
}
