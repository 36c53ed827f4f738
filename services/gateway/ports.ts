import type { JobRecord } from "../../domain/shared/job.ts";
import type { UserRole } from "../../types/contracts.ts";

/** What an access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

export interface TokenVerifier {
  /** @throws RestError 401 when the token is not ours, not whole or not valid any more */
  verify(token: string): AccessClaims;
}

export interface SessionSource {
  /** null when the session was revoked, has expired, or its user may not sign in any more */
  find(sessionId: string): Promise<{ readonly role: UserRole } | null>;
}

export interface MetricsSource {
  /** in Prometheus' text format */
  render(): string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly dependencies: Readonly<
    Record<string, { readonly ok: boolean; readonly detail?: string }>
  >;
}

export interface JobSource {
  find(jobId: string): Promise<JobRecord | null>;
}

export interface ReadinessSource {
  check(): Promise<Readiness>;
}
