import { assert, dictionary, property, string, uint8Array } from "fast-check";
import { RestError } from "../../../../mixins/rest/rest-error.ts";
import { boundaryOf, parseForm } from "../../../../services/gateway/multipart.ts";
import { formOf } from "../../../support/form.ts";

const parse = ({ contentType, body }: { contentType: string; body: Buffer }) =>
  parseForm(body, boundaryOf(contentType) ?? "");
const part = (head: string, content = "x"): Buffer =>
  Buffer.from(`--b\r\n${head}\r\n\r\n${content}\r\n--b--\r\n`);
const refused = (body: Buffer | string): string => {
  try {
    parseForm(Buffer.from(body), "b");
  } catch (error) {
    if (error instanceof RestError) return error.type;
  }
  return "taken";
};

describe("a form", () => {
  it("comes out as it went in, whatever its file holds", () => {
    const names = string({ minLength: 1, maxLength: 20 }).map((text) =>
      text.replace(/[^\w.-]/g, "_"),
    );
    assert(
      property(dictionary(names, string()), uint8Array({ maxLength: 300 }), (fields, bytes) => {
        const found = parse(formOf(fields, { field: "file", bytes }));
        expect(found.fields).toEqual(Object.entries(fields));
        expect(found.file?.field).toBe("file");
        expect(Uint8Array.from(found.file?.bytes ?? [])).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  it("is told by its content type, quoted or not", () => {
    expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc");
    expect(boundaryOf('Multipart/Form-Data; boundary="a b"')).toBe("a b");
    for (const type of [
      undefined,
      "application/json",
      "multipart/form-data",
      "multipart/mixed; boundary=a",
    ])
      expect(boundaryOf(type)).toBeNull();
  });

  it("is refused where it can be read in two ways", () => {
    const field = 'Content-Disposition: form-data; name="a"';
    expect(refused(part(field))).toBe("taken");
    for (const head of [
      "X-Other: 1",
      "Content-Disposition: attachment",
      `${field}\r\n${field}`,
      `${field}\r\nContent-Transfer-Encoding: base64`,
      'Content-Disposition: form-data; name="a b"',
      "Content-Disposition: form-data; name=a",
      `${field}; filename*=UTF-8''x`,
      `${field}\r\nX: ${"y".repeat(3_000)}`,
    ])
      expect([head, refused(part(head))]).toEqual([head, "MALFORMED_REQUEST"]);
    const file = `--b\r\n${field}; filename="f"\r\n\r\nx\r\n`;
    expect(refused(`${file}--b--`)).toBe("taken");
    expect(refused(`${file}${file}--b--`)).toBe("MALFORMED_REQUEST");
    expect(refused(`${file}--b--\r\nmore`)).toBe("MALFORMED_REQUEST");
    expect(refused(file)).toBe("MALFORMED_REQUEST");
    expect(refused(`preamble\r\n${file}--b--`)).toBe("MALFORMED_REQUEST");
    expect(refused("")).toBe("MALFORMED_REQUEST");
    expect(refused(part(field, "y".repeat(70_000)))).toBe("PAYLOAD_TOO_LARGE");
    expect(
      refused(
        Buffer.concat([
          Buffer.from(`--b\r\n${field}\r\n\r\n`),
          Buffer.from([0xff]),
          Buffer.from("\r\n--b--"),
        ]),
      ),
    ).toBe("MALFORMED_REQUEST");
    expect(refused(`--b\r\n${field}\r\n\r\n\r\n`.repeat(65) + "--b--")).toBe("MALFORMED_REQUEST");
  });

  it("of random bytes is refused, and nothing else happens", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refused(Buffer.from(bytes))).toBe("MALFORMED_REQUEST");
      }),
    );
  });
});
