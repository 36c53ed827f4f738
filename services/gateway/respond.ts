import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { PROBLEMS } from "../../mixins/rest/problem-codes.ts";
import { toProblem } from "../../mixins/rest/problem.ts";
import type { Failure } from "../../mixins/rest/problem.ts";
import { hasBody } from "./body.ts";

const gzipAsync = promisify(gzip);
/** Below this a packet is not filled either way. */
const GZIP_FROM_BYTES = 1024;

/** Answers a read: with an ETag, 304 when the client has it already, compressed when that pays. */
export async function sendRead(
  req: IncomingMessage,
  res: ServerResponse,
  body: string | Buffer,
  mediaType: string,
): Promise<void> {
  const etag = `W/"${hash("sha1", body, "base64url")}"`;
  res.setHeader("ETag", etag);
  if (!res.hasHeader("Cache-Control")) res.setHeader("Cache-Control", "private, no-cache");
  res.appendHeader("Vary", "Accept-Encoding");
  if (hasEtag(req, etag)) return void res.writeHead(304).end();
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (bytes.length < GZIP_FROM_BYTES || !acceptsGzip(req)) {
    return send(req, res, 200, bytes, mediaType);
  }
  const zipped = await gzipAsync(bytes, { level: constants.Z_BEST_SPEED });
  res.setHeader("Content-Encoding", "gzip");
  send(req, res, 200, zipped, mediaType);
}

function hasEtag(req: IncomingMessage, etag: string): boolean {
  const known = req.headers["if-none-match"];
  if (known === undefined) return false;
  // Weak comparison (RFC 9110 §13.1.2): the W/ does not count.
  return known === "*" || known.split(",").some((tag) => weak(tag.trim()) === weak(etag));
}

function weak(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

function acceptsGzip(req: IncomingMessage): boolean {
  const accepted = req.headers["accept-encoding"];
  return (
    typeof accepted === "string" && /\b(?:gzip|\*)(?!\s*;\s*q=0(?:\.0+)?\s*(?:,|$))/i.test(accepted)
  );
}

/** Answers a command. */
export function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  value: unknown,
): void {
  res.setHeader("Cache-Control", "no-store");
  if (status === 204) return void res.writeHead(204).end();
  send(req, res, status, JSON.stringify(value ?? null), JSON_TYPE);
}

export const JSON_TYPE = "application/json; charset=utf-8";

function send(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  body: string | Buffer,
  mediaType: string,
): void {
  res.setHeader("Content-Type", mediaType);
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.writeHead(status);
  if (req.method === "HEAD") res.end();
  else res.end(body);
}

export function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  failure: Failure,
  requestId: string,
): void {
  const { status, code, retryAfterS } = failure;
  if (retryAfterS !== undefined) res.setHeader("Retry-After", String(retryAfterS));
  if (status === 401) res.setHeader("WWW-Authenticate", challenge(code));
  // What is left of a body that was refused unread must not be taken for the next request.
  if (hasBody(req) && !req.complete) res.setHeader("Connection", "close");
  res.setHeader("Cache-Control", "no-store");
  const problem = toProblem(failure, pathOf(req.url), requestId);
  send(req, res, status, JSON.stringify(problem), "application/problem+json");
}

/** RFC 6750 §3.1: a token that was sent and is no good is named as such. */
function challenge(code: keyof typeof PROBLEMS): string {
  return code === "TOKEN_EXPIRED" ? 'Bearer error="invalid_token"' : "Bearer";
}

function pathOf(url = "/"): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}
