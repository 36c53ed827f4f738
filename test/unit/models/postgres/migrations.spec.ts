import { type Migration, pendingMigrations } from "../../../../models/postgres/migrations.ts";

const file = (number: number, name = `000${number}-step.sql`, checksum = `sum ${number}`) =>
  ({ number, name, checksum, sql: "" }) satisfies Migration;
const [one, two, three] = [file(1), file(2), file(3)];

describe("pendingMigrations", () => {
  it("are the files that the database has not seen", () => {
    expect(pendingMigrations([one, two, three], [])).toEqual([one, two, three]);
    expect(pendingMigrations([one, two, three], [one])).toEqual([two, three]);
    expect(pendingMigrations([one, two], [one, two])).toEqual([]);
  });

  it("refuse a file that is gone", () => {
    expect(() => pendingMigrations([two], [one, two])).toThrow(
      "migration 0001-step.sql is applied to the database but its file is gone",
    );
  });

  it("refuse a file with another name or content", () => {
    expect(() => pendingMigrations([file(1, "0001-other.sql")], [one])).toThrow(
      "migration 0001-step.sql is applied to the database; its file is now 0001-other.sql",
    );
    expect(() => pendingMigrations([file(1, one.name, "another sum")], [one])).toThrow(
      "expected checksum sum 1, found another sum",
    );
  });

  it("refuse a file that comes late but before the last applied one", () => {
    expect(() => pendingMigrations([one, two, three], [one, three])).toThrow(
      "migration 0002-step.sql is new but comes before 0003-step.sql",
    );
  });

  it("refuse a database that is newer than the code", () => {
    expect(() => pendingMigrations([one], [one, two])).toThrow(
      "the database is newer than this code: it has migration 0002-step.sql, and the newest here is 1",
    );
  });
});
