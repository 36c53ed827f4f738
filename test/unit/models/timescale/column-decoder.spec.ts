import * as fc from "fast-check";
import { ColumnDecoder } from "../../../../models/timescale/column-decoder.ts";

type Row = readonly [startMs: number, ...prices: [number, number, number, number, number]];

/** PostgreSQL 15 documentation, COPY, "Binary Format", written from its description. */
function encode(rows: readonly Row[]): Buffer {
  const header = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
  return Buffer.concat([header, ...rows.map(encodeRow), Buffer.from([0xff, 0xff])]);
}

function encodeRow([startMs, ...prices]: Row): Buffer {
  const bytes = Buffer.alloc(74);
  bytes.writeInt16BE(6, 0);
  bytes.writeInt32BE(8, 2);
  bytes.writeBigInt64BE((BigInt(startMs) - BigInt(Date.UTC(2000, 0))) * 1000n, 6);
  for (const [i, price] of prices.entries()) {
    bytes.writeInt32BE(8, 14 + i * 12);
    bytes.writeDoubleBE(price, 18 + i * 12);
  }
  return bytes;
}

function decode(bytes: Buffer, cuts: readonly number[] = []) {
  const decoder = new ColumnDecoder();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  for (const [i, end] of ends.entries()) decoder.push(bytes.subarray(ends[i - 1] ?? 0, end));
  return decoder.finish();
}

const rows: Row[] = [
  [Date.UTC(1969, 11, 31, 23, 59), 1, 2, 0.5, 1.5, 10],
  [Date.UTC(2020, 1, 29, 14, 30), 100.1, 101, 99.25, 100.3, 1200],
];

describe("bars decoded from binary COPY", () => {
  it("gives times before and after 2000 in epoch milliseconds, and prices to the bit", () => {
    const columns = decode(encode(rows));
    expect([...columns.startMs]).toEqual(rows.map((row) => row[0]));
    expect([...columns.open]).toEqual([1, 100.1]);
    expect([...columns.close]).toEqual([1.5, 100.3]);
    expect([...columns.volume]).toEqual([10, 1200]);
  });

  it("gives empty columns for no rows", () => {
    expect(decode(encode([])).startMs).toHaveLength(0);
  });

  it("does not care where the network cuts the data", () => {
    const price = fc.double({ noNaN: true });
    const row = fc.tuple(
      fc.integer({ min: -2_000_000_000_000, max: 9_000_000_000_000 }),
      price,
      price,
      price,
      price,
      price,
    );
    fc.assert(
      fc.property(fc.array(row), fc.array(fc.nat()), (given, cuts) => {
        expect(decode(encode(given), cuts)).toEqual(decode(encode(given)));
        expect([...decode(encode(given), cuts).startMs]).toEqual(given.map((r) => r[0]));
      }),
    );
  });

  it("grows past its first allocation", () => {
    const many = Array.from({ length: 5_000 }, (_, i): Row => [i, i, i, i, i, i]);
    expect(decode(encode(many)).volume.at(-1)).toBe(4_999);
  });

  it("refuses data that ends early", () => {
    const decoder = new ColumnDecoder();
    decoder.push(encode(rows).subarray(0, -2));
    expect(() => decoder.finish()).toThrow("no trailer");
  });

  it("refuses what is not binary COPY", () => {
    expect(() => decode(Buffer.from("timestamp,open,high,low,close"))).toThrow("signature");
  });
});
