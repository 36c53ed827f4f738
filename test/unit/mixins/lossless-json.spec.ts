import * as fc from "fast-check";
import { dec } from "../../../domain/shared/decimal.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";

describe("JSON from a vendor or an exchange", () => {
  it("is read as always where every number is short", () => {
    const value = { id: 12, price: 0.5, list: [1, -2.5], text: "1234567890123456789", none: null };
    expect(parseLossless(JSON.stringify(value))).toEqual(value);
  });

  it("keeps the digits of numbers that a double would change", () => {
    expect(parseLossless('{"a":9007199254740993,"b":[0.1234567890123456789],"c":1}')).toEqual({
      a: "9007199254740993",
      b: ["0.1234567890123456789"],
      c: 1,
    });
  });

  it("never changes the value of a number", () => {
    const digits = fc.stringMatching(/^-?[1-9]\d{0,24}(\.\d{1,24})?$/);
    fc.assert(
      fc.property(digits, (source) => {
        // sound: what was written is an object of one number
        const { n } = parseLossless(`{"n":${source}}`) as { readonly n: string | number };
        expect(dec(String(n)).equals(dec(source))).toBe(true);
      }),
    );
  });

  it("that is none is undefined, as ccxt has it", () => {
    expect(parseLossless("<html>")).toBeUndefined();
  });
});
