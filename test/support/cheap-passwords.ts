import { Passwords } from "../../services/auth/passwords.ts";

/** Hashes as the product does, at a price that a thousand sign-ins can pay. */
export function cheapPasswords(): Passwords {
  return new Passwords({ log2N: 4, r: 8, p: 1 });
}
