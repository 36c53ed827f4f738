import { RestError } from "../../mixins/rest/rest-error.ts";

/** A form with one file, as RFC 7578 has them. */
export interface FormBody {
  readonly kind: "form";
  /** texts by the names of their fields, in the order they came */
  readonly fields: readonly (readonly [name: string, text: string])[];
  /** null: none was sent */
  readonly file: { readonly field: string; readonly bytes: Buffer } | null;
}

const PARTS_MAX = 64;
const HEAD_BYTES_MAX = 2_048;
const TEXT_BYTES_MAX = 65_536;
const LINE = "\r\n";
const BOUNDARY =
  /^multipart\/form-data\s*;\s*boundary=(?:"([^"\r\n]{1,70})"|([\w'()+,./:=?-]{1,70}))\s*$/i;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What parts the form is divided by; null: it is no form. */
export function boundaryOf(contentType: string | undefined): string | null {
  const found = BOUNDARY.exec(contentType ?? "");
  return found?.[1] ?? found?.[2] ?? null;
}

/**
 * Divides a form. It is taken as it must be, or not at all: what one reader lets pass another may read in another way.
 * @throws RestError 400, 413
 */
export function parseForm(body: Buffer, boundary: string): FormBody {
  const fields: (readonly [string, string])[] = [];
  let file: FormBody["file"] = null;
  for (const part of partsOf(body, boundary)) {
    const { name, isFile } = describe(part.head);
    if (!isFile) fields.push([name, textOf(part.content)]);
    else if (file === null) file = { field: name, bytes: part.content };
    else throw malformed("it has more than one file");
  }
  return { kind: "form", fields, file };
}

interface Part {
  readonly head: string;
  readonly content: Buffer;
}

function* partsOf(body: Buffer, boundary: string): Generator<Part> {
  const delimiter = Buffer.from(`${LINE}--${boundary}`);
  // The first one stands at the beginning, without the end of a line before it.
  const first = delimiter.subarray(LINE.length);
  if (!body.subarray(0, first.length).equals(first)) throw malformed("it begins with no boundary");
  let at = first.length;
  for (let count = 0; !isAt(body, at, "--"); count += 1) {
    if (count === PARTS_MAX) throw malformed(`it has more than ${PARTS_MAX} parts`);
    if (!isAt(body, at, LINE)) throw malformed("a boundary does not end its line");
    const end = body.indexOf(delimiter, at);
    if (end < 0) throw malformed("it is cut off");
    yield divide(body.subarray(at + LINE.length, end));
    at = end + delimiter.length;
  }
  const rest = body.subarray(at + 2);
  if (rest.length > 0 && !rest.equals(Buffer.from(LINE)))
    throw malformed("something follows its last boundary");
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return body.toString("latin1", at, at + text.length) === text;
}

function divide(part: Buffer): Part {
  const end = part.subarray(0, HEAD_BYTES_MAX).indexOf(LINE + LINE);
  if (end < 0) throw malformed("a part has no header, or a long one");
  return { head: part.toString("utf8", 0, end), content: part.subarray(end + 2 * LINE.length) };
}

const DISPOSITION =
  /^content-disposition:\s*form-data\s*;\s*name="([\w.-]{1,64})"\s*(?:;\s*filename="[^"\r\n]{0,255}"\s*)?$/i;
const ENCODED = /^content-transfer-encoding:(?!\s*(?:7bit|8bit|binary)\s*$)/i;

function describe(head: string): { readonly name: string; readonly isFile: boolean } {
  const lines = head.split(LINE);
  if (lines.some((line) => ENCODED.test(line))) throw malformed("a part is encoded");
  const [line, ...others] = lines.filter((one) => /^content-disposition:/i.test(one));
  const name = DISPOSITION.exec(line ?? "")?.[1];
  if (line === undefined || name === undefined || others.length > 0)
    throw malformed("a part does not say which field it is");
  return { name, isFile: /;\s*filename=/i.test(line) };
}

function textOf(content: Buffer): string {
  if (content.length > TEXT_BYTES_MAX)
    throw new RestError("PAYLOAD_TOO_LARGE", `a field may have ${TEXT_BYTES_MAX} bytes at most`);
  try {
    return strictUtf8.decode(content);
  } catch {
    throw malformed("a field is not UTF-8");
  }
}

function malformed(why: string): RestError {
  return new RestError("MALFORMED_REQUEST", `the form cannot be read: ${why}`);
}
