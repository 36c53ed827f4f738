import type { Pool } from "pg";
import { findSessionRole, insertSession, revokeSession, rotateRefreshToken } from "./sessions.ts";
import type { NewSession, RevocationReason, Rotation } from "./sessions.ts";
import { findUser, findUserByEmail, hasAdministrator, insertFirstAdministrator } from "./users.ts";
import type { NewAdministrator, StoredRole, StoredUser } from "./users.ts";

/** Users and their sessions; what each does is said at its function. */
export interface IdentityStore {
  findUser(userId: string): Promise<StoredUser | null>;
  findUserByEmail(email: string): Promise<StoredUser | null>;
  hasAdministrator(): Promise<boolean>;
  insertFirstAdministrator(administrator: NewAdministrator): Promise<boolean>;
  insertSession(session: NewSession, tokenHash: Buffer): Promise<void>;
  rotateRefreshToken(tokenHash: Buffer, successorHash: Buffer): Promise<Rotation>;
  revokeSession(sessionId: string, reason: RevocationReason): Promise<void>;
  findSessionRole(sessionId: string): Promise<StoredRole | null>;
}

export function createIdentityStore(pool: Pool): IdentityStore {
  return {
    findUser: (userId) => findUser(pool, userId),
    findUserByEmail: (email) => findUserByEmail(pool, email),
    hasAdministrator: () => hasAdministrator(pool),
    insertFirstAdministrator: (administrator) => insertFirstAdministrator(pool, administrator),
    insertSession: (session, tokenHash) => insertSession(pool, session, tokenHash),
    rotateRefreshToken: (tokenHash, successorHash) =>
      rotateRefreshToken(pool, tokenHash, successorHash),
    revokeSession: (sessionId, reason) => revokeSession(pool, sessionId, reason),
    findSessionRole: (sessionId) => findSessionRole(pool, sessionId),
  };
}
