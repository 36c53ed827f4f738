import type { IncomingMessage } from "node:http";
import { RestError } from "../../mixins/rest/rest-error.ts";
import { boundaryOf, type FormBody, parseForm } from "./multipart.ts";

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
/** Of a body: to copy more in one go would hold up others. */
const LARGE_BYTES = 1_048_576;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `csv`: left in the request, for the action to read as it comes. */
export type RequestBody = JsonBody | FormBody | "csv" | null;

export interface JsonBody {
  readonly kind: "json";
  readonly value: unknown;
  /** as it was sent: a number's digits are lost in `value` */
  readonly source: string;
}

export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers["content-length"];
  return req.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/**
 * Reads the body of a request as JSON.
 * @throws RestError 415, 413 or 400
 */
export async function readJson(req: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  if (!JSON_TYPE.test(req.headers["content-type"] ?? "") || isEncoded(req)) {
    throw new RestError("UNSUPPORTED_MEDIA_TYPE", "send application/json, UTF-8, not compressed");
  }
  const source = decode(await readBytes(req, maxBytes));
  try {
    const value: unknown = JSON.parse(source);
    return { kind: "json", value, source };
  } catch {
    throw new RestError("MALFORMED_JSON", "the body is not JSON");
  }
}

/**
 * Reads the body of a request as a form; null when it is none.
 * @throws RestError 400, 413
 */
export async function readForm(req: IncomingMessage, maxBytes: number): Promise<FormBody | null> {
  const boundary = boundaryOf(req.headers["content-type"]);
  if (boundary === null || isEncoded(req)) return null;
  return parseForm(await readBytes(req, maxBytes), boundary);
}

const CSV_TYPE = /^text\/csv\s*(?:;\s*(?:charset="?utf-8"?|header=present)\s*)*$/i;

/** Whether the body says that it is CSV as we take it: with a header row, UTF-8, not compressed. */
export function isCsv(req: IncomingMessage): boolean {
  return CSV_TYPE.test(req.headers["content-type"] ?? "") && !isEncoded(req);
}

function isEncoded(req: IncomingMessage): boolean {
  return (req.headers["content-encoding"] ?? "identity") !== "identity";
}

function decode(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new RestError("MALFORMED_JSON", "the body is not UTF-8");
  }
}

function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(req.headers["content-length"]);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const isLarge = declared > LARGE_BYTES;
    const collected = isLarge ? new InPlace(declared) : new Chunks();
    let [size, pauseAt] = [0, isLarge ? LARGE_BYTES : Infinity];
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) collected.push(chunk);
      else reject(tooLarge(maxBytes));
      if (size < pauseAt) return;
      pauseAt = size + LARGE_BYTES;
      letOthersRun(req);
    });
    req.on("end", () => resolve(collected.whole()));
    const cutOff = (): void => {
      // After a whole body nothing is cut off, and an error is dear to make.
      if (!req.complete) reject(new RestError("MALFORMED_REQUEST", "the body was cut off"));
    };
    req.on("error", cutOff);
    req.on("close", cutOff);
  });
}

/** A socket gives two megabytes at a time, to whoever takes them. */
function letOthersRun(req: IncomingMessage): void {
  req.pause();
  setImmediate(() => req.resume());
}

class Chunks {
  readonly #chunks: Buffer[] = [];

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  whole(): Buffer {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
  }
}

/** Bytes whose number is known go where they belong as they come: at their end many megabytes are not copied in one go. */
class InPlace {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(length: number) {
    this.#bytes = Buffer.allocUnsafeSlow(length);
  }

  push(chunk: Buffer): void {
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

function tooLarge(maxBytes: number): RestError {
  return new RestError("PAYLOAD_TOO_LARGE", `the body may have ${maxBytes} bytes at most`);
}
