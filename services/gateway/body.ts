import type { IncomingMessage } from "node:http";
import { RestError } from "../../mixins/rest/rest-error.ts";

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface JsonBody {
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
    return { value, source };
  } catch {
    throw new RestError("MALFORMED_JSON", "the body is not JSON");
  }
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
  if (Number(req.headers["content-length"]) > maxBytes) throw tooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(tooLarge(maxBytes));
    });
    req.on("end", () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    );
    const cutOff = (): void => {
      // After a whole body nothing is cut off, and an error is dear to make.
      if (!req.complete) reject(new RestError("MALFORMED_REQUEST", "the body was cut off"));
    };
    req.on("error", cutOff);
    req.on("close", cutOff);
  });
}

function tooLarge(maxBytes: number): RestError {
  return new RestError("PAYLOAD_TOO_LARGE", `the body may have ${maxBytes} bytes at most`);
}
