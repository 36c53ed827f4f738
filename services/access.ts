import type { Pool } from "../models/postgres/pool.ts";
import { isPermitted, mayRead } from "../mixins/rest/permissions.ts";
import { notFound, RestError } from "../mixins/rest/rest-error.ts";
import type { RequestContext, RequestUser } from "../types/contracts.ts";
import { findView } from "../models/views.ts";
import type { Viewer } from "../models/views.ts";

/** The user on whose behalf an action runs. @throws RestError 401 when there is none */
export function userOf(ctx: RequestContext): RequestUser {
  const { user } = ctx.meta;
  if (!user) throw new RestError("UNAUTHENTICATED", "this action runs on behalf of a user");
  return user;
}

/** Whose things a list may show: one's own, or with oversight all of the tenant. */
export function viewerOf(user: RequestUser): Viewer {
  return {
    tenantId: user.tenantId,
    userId: isPermitted(user.role, "portfolios.oversee") ? null : user.userId,
  };
}

interface Owner {
  readonly tenantId: string;
  readonly ownerId: string;
}

const KNOWN_MAX = 10_000;

/** Who owns which portfolio. An owner never changes, so what was looked up once is kept. */
export class PortfolioAccess {
  readonly #pool: Pool;
  readonly #owners = new Map<string, Owner>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** False when there is none, or it is not for this user's eyes. */
  async canRead(user: RequestUser, portfolioId: string): Promise<boolean> {
    const owner = await this.#find(portfolioId);
    return owner !== null && mayRead(user, owner);
  }

  /** Null when there is no such portfolio. */
  async tenantOf(portfolioId: string): Promise<string | null> {
    return (await this.#find(portfolioId))?.tenantId ?? null;
  }

  /** @throws RestError 404 when there is none, or it is not for this user's eyes */
  async requireRead(user: RequestUser, portfolioId: string): Promise<void> {
    if (!(await this.canRead(user, portfolioId))) throw notFound("portfolio", portfolioId);
  }

  /** To change it, the portfolio must be one's own, or one oversees all. @throws RestError 404, 403 */
  async requireTrade(user: RequestUser, portfolioId: string): Promise<void> {
    await this.requireRead(user, portfolioId);
    const owner = await this.#find(portfolioId);
    if (owner?.ownerId === user.userId || isPermitted(user.role, "portfolios.oversee")) return;
    throw new RestError("FORBIDDEN", "only its owner may trade in this portfolio");
  }

  async #find(portfolioId: string): Promise<Owner | null> {
    const known = this.#owners.get(portfolioId);
    if (known) return known;
    const view = await findView(this.#pool, "portfolio", portfolioId);
    if (view === null || view.ownerId === null) return null;
    const owner = { tenantId: view.tenantId, ownerId: view.ownerId };
    if (this.#owners.size >= KNOWN_MAX) this.#owners.clear();
    this.#owners.set(portfolioId, owner);
    return owner;
  }
}
