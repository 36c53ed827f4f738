import * as fc from "fast-check";
import {
  type FixField,
  Splitter,
  encode,
} from "../../../../../services/execution/brokers/fix/codec.ts";
import { FixMessage } from "../../../../../services/execution/brokers/fix/message.ts";

const SOH = "\x01";
const bytes = (text: string): Buffer => Buffer.from(text.replaceAll("|", SOH), "latin1");

const value = fc
  .string({
    unit: fc.integer({ min: 2, max: 255 }).map((code) => String.fromCodePoint(code)),
    minLength: 1,
  })
  .filter((text) => text !== "");
/** Neither of the frame nor of data. */
const plainTag = fc.integer({ min: 5_000, max: 9_999 });
const data = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((raw): readonly FixField[] => {
  const text = Buffer.from(raw).toString("latin1");
  return [
    [95, String(text.length)],
    [96, text],
  ];
});
const field = fc.tuple(plainTag, value).map(([tag, text]): readonly FixField[] => [[tag, text]]);
const message = fc
  .array(fc.oneof(field, data), { maxLength: 8 })
  .map((parts): readonly FixField[] => [[35, "8"], ...parts.flat()]);

const framed = (fields: readonly FixField[]) => ({ fields: [[8, "FIX.4.4"], ...fields] });

describe("messages of FIX as bytes", () => {
  it("are as the standard writes them, length and sum included", () => {
    // FIX 4.4 volume 1 shows how: the body of 65 bytes from 35= to the SOH before 10=, the sum of all before it modulo 256.
    const fields: readonly FixField[] = [
      [35, "A"],
      [49, "SERVER"],
      [56, "CLIENT"],
      [34, "177"],
      [52, "20090107-18:15:16"],
      [98, "0"],
      [108, "30"],
    ];
    const text = encode(fields).toString("latin1").replaceAll(SOH, "|");
    expect(text).toBe(
      "8=FIX.4.4|9=65|35=A|49=SERVER|56=CLIENT|34=177|52=20090107-18:15:16|98=0|108=30|10=064|",
    );
  });

  it("are read as they were written, whatever their values are", () => {
    fc.assert(
      fc.property(message, (fields) => {
        expect(new Splitter().take(encode(fields))).toEqual([framed(fields)]);
      }),
    );
  });

  it("are the same however the line cuts and joins them", () => {
    const cut = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), cut, (all, sizes) => {
        const stream = Buffer.concat(all.map((fields) => encode(fields)));
        const splitter = new Splitter();
        const found: unknown[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...splitter.take(stream.subarray(at, at + size)));
          at += size;
        }
        expect(found).toEqual(all.map(framed));
      }),
    );
  });

  it("are never read otherwise than they were written, whichever byte is flipped on the way", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (all, where, mask) => {
          const stream = Buffer.concat(all.map((fields) => encode(fields)));
          const at = where % stream.length;
          stream[at] = (stream[at] ?? 0) ^ mask;
          const sent = new Set(all.map((fields) => JSON.stringify(framed(fields))));
          const read = new Splitter().take(stream).filter((frame) => "fields" in frame);
          const others = read.filter((frame) => !sent.has(JSON.stringify(frame)));
          expect(others).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("are found again behind what is garbled", () => {
    const good = encode([[35, "0"]]);
    const bad = bytes("8=FIX.4.4|9=5|35=0|10=999|");
    const frames = new Splitter().take(Buffer.concat([bytes("noise"), bad, good]));
    expect(frames.filter((frame) => "fields" in frame)).toHaveLength(1);
    expect(frames.filter((frame) => "garbledBytes" in frame)).toHaveLength(2);
  });

  // FIX 4.4 volume 2, "Valid FIX message", and the test cases on garbled messages.
  it.each([
    ["a wrong sum", "8=FIX.4.4|9=5|35=0|10=000|"],
    ["a length that is not that of the body", "8=FIX.4.4|9=7|35=0|10=163|8=FIX"],
    ["a length that is no number", "8=FIX.4.4|9=x|35=0|10=163|"],
    ["a second field that is no length", "8=FIX.4.4|35=0|9=5|10=163|"],
    ["a length beyond reason", "8=FIX.4.4|9=9999999|35=0|10=163|"],
  ])("with %s are passed over", (_name, text) => {
    const splitter = new Splitter();
    const frames = [...splitter.take(bytes(text)), ...splitter.take(encode([[35, "0"]]))];
    expect(frames.filter((frame) => "fields" in frame)).toHaveLength(1);
    expect(frames.some((frame) => "garbledBytes" in frame)).toBe(true);
  });

  it("whose third field is not the type are passed over", () => {
    const frames = new Splitter().take(
      encode([
        [34, "1"],
        [35, "0"],
      ]),
    );
    expect(frames).toMatchObject([{ why: "its type is not its third field" }]);
  });

  it.each([
    ["an empty value", [58, ""]],
    ["a delimiter that is not data", [58, `a${SOH}b`]],
    ["a character beyond one byte", [58, "€"]],
  ] as const)("cannot be written with %s", (_name, wrong) => {
    expect(() => encode([[35, "0"], wrong])).toThrow(RangeError);
  });
});

describe("a message to read", () => {
  const of = (...fields: readonly FixField[]) => new FixMessage([[35, "8"], ...fields]);

  it("gives decimals as decimal strings, to the last digit", () => {
    expect(of([31, "0.10000000000000000005"]).decimal(31)).toBe("0.10000000000000000005");
    expect(of([31, "-00023.230"]).decimal(31)).toBe("-23.23");
    expect(of([31, ".5"]).decimal(31)).toBe("0.5");
  });

  it.each(["1e3", "NaN", "1,5", "+1", "", "0x10"])("refuses %j for a decimal", (text) => {
    expect(() => of([31, text]).decimal(31)).toThrow("field 31");
  });

  it("reads repeating groups, and refuses a count that is not that of its entries", () => {
    const fees: readonly FixField[] = [
      [136, "2"],
      [137, "1.5"],
      [139, "4"],
      [137, "2"],
      [138, "EUR"],
      [58, "after"],
    ];
    const entries = of(...fees).group(136, 137, [138, 139]);
    expect(entries.map((entry) => [entry.find(137), entry.find(138)])).toEqual([
      ["1.5", null],
      ["2", "EUR"],
    ]);
    expect(() => of([136, "3"], ...fees.slice(1)).group(136, 137, [138, 139])).toThrow(
      "expected 3",
    );
  });

  it("refuses a field that is there twice, and one without a value", () => {
    expect(() => of([11, "a"], [11, "b"]).find(11)).toThrow("twice");
    expect(() => of([11, ""]).find(11)).toThrow("no value");
  });

  it.each([
    ["20261122-15:04:05", Date.UTC(2026, 10, 22, 15, 4, 5)],
    ["20261122-15:04:05.123", Date.UTC(2026, 10, 22, 15, 4, 5, 123)],
    ["20261122-15:04:05.123456789", Date.UTC(2026, 10, 22, 15, 4, 5, 123)],
    ["20161231-23:59:60", Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])("reads the time %s", (text, atMs) => {
    expect(of([60, text]).time(60)).toBe(atMs);
  });

  it.each(["20261322-15:04:05", "2026-11-22T15:04:05Z", "15:04:05"])(
    "refuses the time %s",
    (text) => {
      expect(() => of([60, text]).time(60)).toThrow("timestamp");
    },
  );
});
