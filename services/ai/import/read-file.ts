import { Readable, type Stream } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { FileBroken, type FileFacts, fileFacts } from "../onnx/file-facts.ts";
import { invalid } from "./plan.ts";

/** Of 64 KiB: a fraction of a millisecond of copying. */
const CHUNKS_A_TURN = 16;

/** The file of an import, from the stream of its action, or from base64. @throws RestError 422 when there is none */
export async function bytesOf(
  stream: Stream | null | undefined,
  base64: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (stream instanceof Readable) return whole(stream);
  if (base64 === undefined) throw invalid("file", "is required: the ONNX file");
  return new Uint8Array(Buffer.from(base64, "base64"));
}

async function whole(stream: Readable): Promise<Uint8Array<ArrayBuffer>> {
  // sound: byte streams give buffers
  const chunks = (await stream.toArray()) as Buffer[];
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const [i, chunk] of chunks.entries()) {
    if (i % CHUNKS_A_TURN === 0) await setImmediate();
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** @throws RestError 422 when it is no ONNX file, or names files of ours */
export function factsOf(bytes: Uint8Array): FileFacts {
  const facts = readFacts(bytes);
  if (facts.hasExternalData)
    throw invalid("file", "keeps its weights in other files; save it as one file");
  return facts;
}

function readFacts(bytes: Uint8Array): FileFacts {
  try {
    return fileFacts(bytes);
  } catch (error) {
    if (error instanceof FileBroken) throw invalid("file", `is no ONNX file: ${error.message}`);
    throw error;
  }
}
