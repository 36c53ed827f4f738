/** A form as clients send it, with its content type. */
export interface Form {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface FormFile {
  readonly field: string;
  readonly bytes: Uint8Array;
}

const BOUNDARY = "----quantumalpha-3f1c0b7a9d";

/** Lists and objects are sent as JSON. */
export function formOf(
  fields: Readonly<Record<string, unknown>>,
  file: FormFile | null,
  boundary = BOUNDARY,
): Form {
  const parts = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return Buffer.from(head(boundary, `name="${name}"`) + text + "\r\n");
  });
  if (file !== null) {
    const disposition = `name="${file.field}"; filename="model.onnx"`;
    const type = "\r\nContent-Type: application/octet-stream";
    parts.push(Buffer.from(head(boundary, disposition + type)), Buffer.from(file.bytes));
    parts.push(Buffer.from("\r\n"));
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

function head(boundary: string, disposition: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
}
