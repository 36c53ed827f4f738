import { assert, property, uuid } from "fast-check";
import { writeUuid } from "../../../../domain/shared/uuid.ts";

describe("the bytes of a UUID", () => {
  it("are those of its digits in pairs, in any case of letters", () => {
    assert(
      property(uuid(), (text) => {
        const expected = Buffer.from(text.replaceAll("-", ""), "hex");
        for (const spelled of [text, text.toUpperCase()]) {
          const bytes = Buffer.alloc(18, 0xff);
          expect(writeUuid(bytes, 1, spelled)).toBe(true);
          expect(bytes.subarray(1, 17)).toEqual(expected);
          expect([bytes[0], bytes[17]]).toEqual([0xff, 0xff]);
        }
      }),
    );
  });

  it.each([
    "",
    "c41d7a0b2f6e4d839b5a7e08f1c2a964",
    "c41d7a0b-2f6e-4d83-9b5a-7e08f1c2a96",
    "c41d7a0b-2f6e-4d83-9b5a-7e08f1c2a96g",
    "c41d7a0b-2f6e-4d83-9b5a-7e08f1c2a9é4",
    "c41d7a0b2-f6e-4d83-9b5a-7e08f1c2a964",
    "c41d7a0b-2f6e-4d83-9b5a_7e08f1c2a964",
    "c41d7a0b-2f6e-4d83-9b5a-7e08f1c2a9 4",
  ])("%j is none", (text) => {
    expect(writeUuid(new Uint8Array(16), 0, text)).toBe(false);
  });
});
