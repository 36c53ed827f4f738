import { createHmac, timingSafeEqual } from "node:crypto";

/** A message that was caught on its way is of no use later; within these minutes a repeat changes nothing, by its ids. */
const TOLERANCE_MS = 300_000;
const HEADER = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

export type Verdict = "signed" | "unsigned" | "stale";

/**
 * Whether a body was sent by whoever knows the secret, and lately. `t=<epoch seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of
 * `<t>.<body>`.
 * @param secret null: of a source that does not push; it takes as long
 */
export function verdictOn(
  signed: { readonly body: string; readonly signature: string | null },
  secret: string | null,
  nowMs: number,
): Verdict {
  const [, seconds = "0", hex = "0".repeat(64)] = HEADER.exec(signed.signature ?? "") ?? [];
  const expected = createHmac("sha256", secret ?? "")
    .update(`${seconds}.${signed.body}`)
    .digest();
  const isSame = timingSafeEqual(expected, Buffer.from(hex, "hex"));
  if (!isSame || secret === null) return "unsigned";
  return Math.abs(nowMs - Number(seconds) * 1_000) <= TOLERANCE_MS ? "signed" : "stale";
}
