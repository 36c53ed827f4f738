import { createHmac } from "node:crypto";
import { HttpClient } from "./http.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";

export const WEBHOOK_SECRET = "a-webhook-secret-of-32-characters";

/** `X-Signature` of a body, as a source that pushes makes it. */
export function signatureOf(body: string, secret: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  const hex = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${hex}`;
}

/** A client that signs whatever it sends. */
export class SigningClient extends HttpClient {
  override send(request: HttpRequest): Promise<HttpAnswer> {
    const { body, headers } = request;
    const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
    const signature = signatureOf(text, WEBHOOK_SECRET, Date.now());
    return super.send({ ...request, headers: { "x-signature": signature, ...headers } });
  }
}
