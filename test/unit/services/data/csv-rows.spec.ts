import { Readable } from "node:stream";
import { readCsv, ROWS_MAX } from "../../../../services/data/store/csv-rows.ts";

const COLUMNS = { timestamp: "required", close: "required", vwap: "optional" } as const;

/** In pieces of `size` bytes, as a network may cut them. */
function read(text: string | Buffer, size = 7) {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return readCsv(Readable.from(pieces), COLUMNS);
}

describe("an uploaded CSV", () => {
  it("is read by its header, however it is cut", async () => {
    const text =
      '\uFEFFclose, timestamp,vwap\r\n1,2020-01-01,\r\n"2","2020-01-02","1.5"\n\n3,"a,""b""",4';
    const expected = [
      { close: "1", timestamp: "2020-01-01" },
      { close: "2", timestamp: "2020-01-02", vwap: "1.5" },
      { close: "3", timestamp: 'a,"b"', vwap: "4" },
    ];
    for (const size of [1, 2, 3, 7, 1_000]) expect(await read(text, size)).toEqual(expected);
  });

  it("has null for a line with another number of cells, or a stray quote", async () => {
    const rows = await read('timestamp,close\n1,2,3\n1\n"1"x,2\n1,"2\n1,2');
    expect(rows).toEqual([null, null, null, null, { timestamp: "1", close: "2" }]);
  });

  it.each([
    [',"1",2', [undefined, "1", "2"]],
    ['"","1",2', [undefined, "1", "2"]],
    ['1,,"2"', ["1", undefined, "2"]],
    ['1,"2",', ["1", "2", undefined]],
    ['"1","2",""', ["1", "2", undefined]],
  ])("has empty cells beside quoted ones: %s", async (line, [timestamp, close, vwap]) => {
    const [row] = await read(`timestamp,close,vwap\n${line}`);
    expect({ timestamp: undefined, close: undefined, vwap: undefined, ...row }).toEqual({
      timestamp,
      close,
      vwap,
    });
  });

  it.each(["Date,Close", "DATETIME,close", " Time , CLOSE "])(
    "knows its columns in any case, and the usual names of the time: %s",
    async (header) => {
      expect(await read(`${header}\n2020-01-01,1`)).toEqual([
        { timestamp: "2020-01-01", close: "1" },
      ]);
    },
  );

  it.each([
    ["", "no header"],
    ["timestamp,date,close\n", "named twice"],
    ["timestamp\n1", "close is missing"],
    ["timestamp,close,price\n", 'no column "price"'],
    ["timestamp,close,close\n", "named twice"],
    [Buffer.from([0xff, 0xfe, 0x0a]), "not UTF-8"],
  ])("is refused as a whole when its header is %j", async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(message),
    });
  });

  it("is refused as too large past its limits", async () => {
    const many = `timestamp,close\n${"1,2\n".repeat(ROWS_MAX + 1)}`;
    await expect(read(many, 65_536)).rejects.toMatchObject({ code: 413 });
    await expect(read(`timestamp,close\n${"1".repeat(100_000)}`, 65_536)).rejects.toMatchObject({
      code: 413,
    });
  });
});
