import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isRecord } from "../../mixins/rest/schema.ts";

/**
 * Sends what an action makes as it makes it: no more is made than the client takes, and nothing more once it has gone. What
 * fails on the way cuts the answer off, because its status has been told.
 */
export async function sendDownload(
  req: IncomingMessage,
  res: ServerResponse,
  bytes: unknown,
  { mediaType, fileName }: { readonly mediaType: string; readonly fileName: string },
): Promise<void> {
  if (!(bytes instanceof Readable)) throw new Error("expected a stream from the action");
  res.setHeader("Content-Type", mediaType);
  res.setHeader("Content-Disposition", `attachment; filename="${fileName}"`);
  res.setHeader("Cache-Control", "no-store");
  if (req.method === "HEAD") {
    bytes.destroy();
    return void res.writeHead(200).end();
  }
  try {
    await pipeline(bytes, res);
  } catch (error) {
    if (!isAbandoned(error)) throw error;
  }
}

/** The client has gone: there is nobody to be told. */
function isAbandoned(error: unknown): boolean {
  return isRecord(error) && error["code"] === "ERR_STREAM_PREMATURE_CLOSE";
}
