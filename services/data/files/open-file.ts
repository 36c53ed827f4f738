import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";
import { pipeline, Transform } from "node:stream";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { open } from "yauzl";
import type { Entry, ZipFile } from "yauzl";

/** A file, or what is packed in it, is not what it should be. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** A year of ticks of one symbol is far less; what unpacks to more was made to fill a disk or a memory. */
const UNPACKED_MAX = 4 * 1024 ** 3;
/** Prices compress ten times, columns of zeros a few hundred. */
const RATIO_MAX = 1_000;
const ENTRIES_MAX = 1_000;
/** No row of market data is near as long. */
const LINE_MAX = 65_536;

/**
 * The real path of a file below a directory.
 * @returns null when there is no such file, or it lies elsewhere, by its name or behind a link
 */
export async function fileBelow(root: string, path: string): Promise<string | null> {
  if (isAbsolute(path) || path.includes("\0")) return null;
  try {
    const base = await realpath(resolve(root));
    const found = await realpath(join(base, path));
    return found.startsWith(base.endsWith(sep) ? base : base + sep) ? found : null;
  } catch {
    return null;
  }
}

/** The lines of a text file; of one in `.gz`, or of the only one in a `.zip`. @throws FileError */
export async function* linesOf(path: string): AsyncGenerator<readonly string[]> {
  let rest = "";
  const stream = limited(await unpacked(path));
  try {
    for await (const chunk of stream.setEncoding("utf8")) {
      const lines = (rest + String(chunk)).split(/\r?\n/);
      rest = lines.pop() ?? "";
      if (rest.length > LINE_MAX) throw new FileError("a line without an end");
      yield lines;
    }
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(wordsOf(error));
  } finally {
    stream.destroy();
  }
  if (rest !== "") yield [rest];
}

function unpacked(path: string): Promise<Readable> {
  if (path.endsWith(".zip")) return onlyEntry(path);
  const file = createReadStream(path);
  // The callback is for those who do not read: here errors reach the reader of the last stream.
  return Promise.resolve(
    path.endsWith(".gz") ? pipeline(file, createGunzip(), () => undefined) : file,
  );
}

/** What comes out is counted: sizes that an archive tells of itself may be wrong. */
function limited(source: Readable): Readable {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > UNPACKED_MAX) done(new FileError(`more than ${UNPACKED_MAX} bytes`));
      else done(null, chunk);
    },
  });
  return pipeline(source, counter, () => undefined);
}

/** Names in the archive are never used as paths: nothing is written anywhere. */
async function onlyEntry(path: string): Promise<Readable> {
  const zip = await openZip(path);
  try {
    return await firstOf(zip);
  } catch (error) {
    zip.close();
    throw error instanceof FileError ? error : new FileError(wordsOf(error));
  }
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((fulfil, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error) reject(new FileError(wordsOf(error)));
      else fulfil(zip);
    });
  });
}

function firstOf(zip: ZipFile): Promise<Readable> {
  return new Promise((fulfil, reject) => {
    const files: Entry[] = [];
    zip.on("error", reject);
    zip.on("entry", (entry: Entry) => {
      if (!entry.fileName.endsWith("/")) files.push(entry);
      if (files.length > ENTRIES_MAX) reject(new FileError(`more than ${ENTRIES_MAX} files`));
      else zip.readEntry();
    });
    zip.on("end", () => {
      const [only, other] = files;
      if (only === undefined || other !== undefined)
        return reject(new FileError(`expected one file in the archive, found ${files.length}`));
      if (only.uncompressedSize > Math.max(1, only.compressedSize) * RATIO_MAX)
        return reject(new FileError("it unpacks to more than a thousand times its size"));
      zip.openReadStream(only, (error, stream) => {
        if (error) return reject(error);
        // It closes when its streams have ended.
        zip.close();
        fulfil(stream);
      });
    });
    if (zip.entryCount > ENTRIES_MAX) reject(new FileError(`more than ${ENTRIES_MAX} files`));
    else zip.readEntry();
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "it cannot be read";
}
