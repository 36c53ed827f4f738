import { Readable } from "node:stream";
import { buffer as bytesOf } from "node:stream/consumers";
import { fromStream, toStream } from "../../../mixins/column-stream.ts";

function* cut(bytes: Buffer, size: number): Generator<Buffer, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("columns in a stream", () => {
  it("come out as they went in, bit by bit, wherever the bytes are cut", async () => {
    const long = Float64Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
    const odd = Float64Array.of(Number.NaN, -0, Infinity, Number.MIN_VALUE);
    const part = long.subarray(7, 9);
    const head = { symbol: "AÄ", rows: 3 };
    const columns = [long, odd, new Float64Array(0), part];
    const bytes = await bytesOf(toStream({ head, columns }));
    for (const size of [1_000_000, 65_537, 7]) {
      const found = await fromStream(Readable.from(cut(bytes, size)));
      expect(found.head).toEqual(head);
      expect(found.columns).toEqual(columns);
    }
  });

  it("are not copied for whoever reads them in the same process", async () => {
    const column = Float64Array.of(1, 2);
    const found = await fromStream(toStream({ head: null, columns: [column] }));
    expect(found.columns[0]).toBe(column);
  });

  it("are refused when the stream breaks off, or goes on", async () => {
    const bytes = await bytesOf(toStream({ head: null, columns: [Float64Array.of(1, 2)] }));
    await expect(fromStream(Readable.from([bytes.subarray(0, -1)]))).rejects.toThrow("broke off");
    const more = Buffer.concat([bytes, Buffer.alloc(8)]);
    await expect(fromStream(Readable.from([more]))).rejects.toThrow("8 bytes more");
    await expect(fromStream("text")).rejects.toThrow("expected a stream");
  });
});
