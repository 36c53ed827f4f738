import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { catalogue, type CatalogueEntry } from "../../../../domain/features/catalogue.ts";

const path = resolve(import.meta.dirname, "../../../../docs/FEATURES.md");

/** The cells of the table's rows, by indicator. */
const rows = new Map(
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
    .map(([, name = "", ...cells]) => [name.replaceAll("`", ""), cells] as const),
);

function cellsOf(entry: CatalogueEntry): readonly string[] {
  const parameters = entry.parameters.map(({ name }, i) => `${name} ${String(entry.defaults[i])}`);
  const needs = entry.input === null ? "" : `; needs \`${entry.input}\``;
  return [
    parameters.join(", ") || "none",
    String(entry.warmup),
    entry.lines?.map((line) => `\`${line}\``).join(" ") ?? "one",
    entry.description + needs,
    entry.source,
    entry.edge,
  ];
}

describe("the table of indicators in docs/FEATURES.md", () => {
  it.each(catalogue().map((entry) => [entry.name, entry] as const))(
    "says of %s what the catalogue says",
    (name, entry) => {
      expect(rows.get(name)?.slice(0, 6)).toEqual(cellsOf(entry));
    },
  );
});
