import { randomUUID } from "node:crypto";
import type { IdentityStore } from "../../models/identity/store.ts";
import { generatePassword } from "./passwords.ts";
import type { Passwords } from "./passwords.ts";

export interface SeedOptions {
  readonly email: string;
  readonly password?: string;
}

export interface SeededAdministrator {
  readonly email: string;
  /** null when it was given: it is nowhere to be read again, so show it now */
  readonly generatedPassword: string | null;
}

const MIN_LENGTH = 12;

/**
 * Makes the first administrator at the first start. Of several nodes that start at once, one makes it.
 * @returns null when there was one already, so that a password is told once and by one node
 */
export async function seedAdministrator(
  store: IdentityStore,
  passwords: Passwords,
  { email, password }: SeedOptions,
): Promise<SeededAdministrator | null> {
  if (password !== undefined && password.length < MIN_LENGTH) {
    throw new Error(`ADMIN_PASSWORD: expected ${MIN_LENGTH} characters or more`);
  }
  if (await store.hasAdministrator()) return null;
  const chosen = password ?? generatePassword();
  const passwordHash = await passwords.hash(chosen);
  const isOurs = await store.insertFirstAdministrator({
    userId: randomUUID(),
    email,
    passwordHash,
  });
  if (!isOurs) return null;
  return { email, generatedPassword: password === undefined ? chosen : null };
}
