import { readFileSync } from "node:fs";
import { join } from "node:path";
import { METRICS } from "../../../../../domain/risk/performance/catalogue.ts";
import { CONVENTIONS, OVERRIDES } from "../../../../../domain/risk/performance/conventions.ts";

const TEXT = readFileSync(join(import.meta.dirname, "../../../../../docs/RISK.md"), "utf8");
const [, PERFORMANCE = ""] = TEXT.split("\n## Performance\n");

/** The rows of a table of so many columns, its cells as they are read. */
function rows(columns: number): readonly (readonly string[])[] {
  return PERFORMANCE.split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("| -"))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/))
    .filter((cells) => cells.length === columns && cells.some((cell) => cell.includes("`")))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("\\|", "|").replaceAll("\\*", "*")));
}

describe("docs/RISK.md has, as the source has it,", () => {
  it("the definition of every metric", () => {
    const expected = Object.entries(METRICS).map(([name, { definition }]) => [
      `\`${name}\``,
      definition,
    ]);
    expect(rows(2).slice(0, expected.length)).toEqual(expected);
  });

  it("what each convention defines otherwise", () => {
    const expected = CONVENTIONS.flatMap((convention) =>
      Object.entries(OVERRIDES[convention]).map(([name, override]) => [
        convention,
        `\`${name}\``,
        override.definition,
      ]),
    );
    expect(rows(3).slice(0, expected.length)).toEqual(expected);
  });
});
