import { readFileSync } from "node:fs";
import path from "node:path";
import { JOB_FAULTS } from "../../../../domain/shared/job.ts";
import { readConfig } from "../../../../services/config.ts";
import { vendorsOf } from "../../../../services/data/sources/definitions.ts";
import { SOURCE_FAULTS } from "../../../../services/data/sources/source.ts";

const read = (name: string): string =>
  readFileSync(path.join(__dirname, "../../../../docs", name), "utf8");

/** The first cells of the table under a heading. */
function listed(document: string, heading: string): readonly string[] {
  const [, section = ""] = read(document).split(`\n## ${heading}\n`);
  const [body = ""] = section.split("\n## ");
  return [...body.matchAll(/^\| `([^`]+)`/gm)].map(([, first = ""]) => first);
}

describe("the documents list", () => {
  it("every fault of a source, in the order of the code", () => {
    expect(listed("ERRORS.md", "Faults of sources")).toEqual(SOURCE_FAULTS);
  });

  it("every failure of a job, in the order of the code", () => {
    expect(listed("ERRORS.md", "Failures of jobs")).toEqual(JOB_FAULTS);
  });

  it("every source, in the order in which they are asked", () => {
    const vendors = vendorsOf(readConfig({})).map(({ sourceId }) => sourceId);
    const all = ["files", ...vendors.toSpliced(3, 0, "ccxt:{id}")];
    expect(listed("MARKET-DATA.md", "Sources")).toEqual(all);
  });
});
