import { BinaryRows } from "../../../../models/timescale/copy-binary.ts";

const HEADER_BYTES = 19;

/** The bytes of one row, without the header, the count of its fields and the trailer. */
function row(write: (rows: BinaryRows) => void): Buffer {
  const rows = new BinaryRows();
  rows.row(1);
  write(rows);
  return rows.end().subarray(HEADER_BYTES + 2, -2);
}

/** Length, then digits, weight, sign and scale, then base-10,000 digits: as `numeric_send` of PostgreSQL writes them. */
function numeric(weight: number, sign: number, scale: number, digits: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12 + 2 * digits.length);
  bytes.writeInt32BE(8 + 2 * digits.length);
  for (const [i, value] of [digits.length, weight, sign, scale, ...digits].entries()) {
    bytes.writeInt16BE(value, 4 + 2 * i);
  }
  return bytes;
}

describe("a row of binary COPY", () => {
  it("begins after the signature that PostgreSQL's documentation gives", () => {
    const bytes = new BinaryRows().end();
    expect(bytes.toString("latin1")).toBe(`PGCOPY\n\xff\r\n\0${"\0".repeat(8)}\xff\xff`);
  });

  it.each([
    ["0", numeric(0, 0, 0, [0])],
    ["12345.678", numeric(1, 0, 3, [1, 2345, 6780])],
    ["-0.0001", numeric(0, 0x4000, 4, [0, 1])],
    ["10000", numeric(1, 0, 0, [1, 0])],
    ["007.50", numeric(0, 0, 2, [7, 5000])],
  ])("has %s as decimal digits, with its scale", (value, expected) => {
    expect(row((rows) => rows.numeric(value))).toEqual(expected);
  });

  it.each(["", "-", ".5", "5.", "1.2.3", "1e5", "NaN", "Infinity", " 1", "1,5", "+1", "--1"])(
    "takes %j for no number",
    (value) => {
      expect(() => row((rows) => rows.numeric(value))).toThrow("invalid input for numeric");
    },
  );

  it("has instants as microseconds since 2000, before it and far after it too", () => {
    const read = (ms: number, micros?: number) =>
      row((rows) => rows.timestamptz(ms, micros)).readBigInt64BE(4);
    expect(read(Date.UTC(2000, 0))).toBe(0n);
    expect(read(Date.UTC(1999, 11, 31, 23, 59, 59, 999))).toBe(-1_000n);
    expect(read(Date.UTC(2026, 0), 7)).toBe(
      BigInt(Date.UTC(2026, 0) - 946_684_800_000) * 1_000n + 7n,
    );
    expect(read(8.64e15)).toBe(8_639_053_315_200_000n * 1_000n);
  });

  it("refuses an integer that four bytes do not hold", () => {
    expect(() => row((rows) => rows.int4(2_147_483_648))).toThrow("4-byte");
  });

  it("keeps texts whole, however long", () => {
    const long = "é".repeat(200_000);
    expect(
      row((rows) => rows.text(long))
        .subarray(4)
        .toString(),
    ).toBe(long);
  });
});
