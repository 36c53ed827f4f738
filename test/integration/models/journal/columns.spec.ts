import {
  bigints,
  booleans,
  bytes,
  instants,
  ints,
  jsons,
  texts,
  uuids,
} from "../../../../models/journal/columns.ts";
import { withDatabase } from "../../../support/database.ts";

const UUID = "0f0e0d0c-0b0a-4908-8706-050403020100";
const INSTANTS = [0, 946_684_800_000, 1_700_000_000_123, -59_000_000_000_000];

describe("a column as the server reads it", () => {
  const database = withDatabase();
  const read = async (type: string, column: Buffer): Promise<unknown> => {
    const { rows } = await database.pool.query<{ back: unknown }>(
      `SELECT to_json($1::${type}[]) AS back`,
      [column],
    );
    return rows[0]?.back;
  };

  it.each([
    ["text", texts(["", "a", null, "ü€😀", '"\\{},']), ["", "a", null, "ü€😀", '"\\{},']],
    ["json", jsons(['{"a" : [1]}', null]), [{ a: [1] }, null]],
    ["int", ints([0, -1, 2 ** 31 - 1]), [0, -1, 2 ** 31 - 1]],
    ["bigint", bigints([0, -1, 2 ** 53 - 1, -(2 ** 40)]), [0, -1, 2 ** 53 - 1, -(2 ** 40)]],
    ["boolean", booleans([true, false]), [true, false]],
    ["uuid", uuids([UUID]), [UUID]],
    ["bytea", bytes(["", "00ff"]), ["\\x", "\\x00ff"]],
  ])("of %s has what was put in", async (type, column, expected) => {
    expect(await read(type, column)).toEqual(expected);
  });

  it("of instants has what was put in, to the millisecond", async () => {
    const { rows } = await database.pool.query<{ at: number }>(
      "SELECT unnest($1::timestamptz[]) AS at",
      [instants(INSTANTS)],
    );
    expect(rows.map(({ at }) => at)).toEqual(INSTANTS);
  });

  it.each([
    ["text", texts([])],
    ["json", jsons([])],
    ["uuid", uuids([])],
    ["bytea", bytes([])],
    ["int", ints([])],
  ])("of %s may be empty", async (type, column) => {
    expect(await read(type, column)).toEqual([]);
  });

  it.each(["", "0f0e", `${UUID}0`, UUID.replace("f", "g")])("takes no %j for a UUID", (text) => {
    expect(() => uuids([text])).toThrow("expected a UUID");
  });

  it.each(["abc", "zz"])("takes no %j for bytes", (text) => {
    expect(() => bytes([text])).toThrow("expected bytes in hex");
  });
});
