import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ALTERNATIVE_REFUSALS } from "../../domain/alternative/document.ts";
import { BOOK_LOSSES } from "../../domain/market/book/synced-book.ts";
import { MARKET_DATA_REFUSALS } from "../../domain/market/refusal.ts";
import { DENIAL_CODES } from "../../domain/order/new-order.ts";
import { ACTOR_ERROR_CODES } from "../../mixins/actor/errors.ts";
import { PROBLEMS } from "../../mixins/rest/problem-codes.ts";
import { FIELD_CODES } from "../../mixins/rest/readers.ts";
import { UPLOAD_REFUSALS } from "../../mixins/rest/routes/market-store.ts";
import { FEED_REFUSALS } from "../../services/data/feeds/feed.ts";

const ROOT = path.resolve(__dirname, "../..");
const ERRORS = readFileSync(path.join(ROOT, "docs/ERRORS.md"), "utf8");
const GLOSSARY = readFileSync(path.join(ROOT, "docs/GLOSSARY.md"), "utf8");

/** The rows of the table under a heading of ERRORS.md: the code, and the cell after it. */
function table(heading: string): readonly (readonly [code: string, second: string])[] {
  const [, section = ""] = ERRORS.split(`\n## ${heading}\n`);
  const [body = ""] = section.split("\n## ");
  const rows = body.matchAll(/^\| `([A-Z_]+)`\s*\| ([^|]*?)\s*\|/gm);
  return [...rows].map(([, code = "", second = ""]) => [code, second]);
}

const codesOf = (heading: string): readonly string[] => table(heading).map(([code]) => code);

describe("docs/ERRORS.md lists, in the order of the source,", () => {
  it("every denial", () => {
    expect(codesOf("Denials")).toEqual(DENIAL_CODES);
  });

  it("every problem, with its status", () => {
    const problems = Object.entries(PROBLEMS).map(([code, [status]]) => [code, String(status)]);
    expect(table("Problems")).toEqual(problems);
  });

  it("every field error", () => {
    expect(codesOf("Field errors")).toEqual(FIELD_CODES);
  });

  it("every actor error", () => {
    expect(codesOf("Actor errors")).toEqual(ACTOR_ERROR_CODES);
  });

  it("every refusal of market data", () => {
    expect(codesOf("Refusals of market data")).toEqual(MARKET_DATA_REFUSALS);
  });

  it("every loss of a book", () => {
    expect(codesOf("Losses of books")).toEqual(BOOK_LOSSES);
  });

  it("every refusal of recorded rows", () => {
    expect(codesOf("Refusals of recorded rows")).toEqual(FEED_REFUSALS);
  });

  it("every refusal of uploaded rows", () => {
    expect(codesOf("Refusals of uploaded rows")).toEqual(UPLOAD_REFUSALS);
  });

  it("every refusal of alternative data", () => {
    expect(codesOf("Refusals of alternative data")).toEqual(ALTERNATIVE_REFUSALS);
  });

  it("every refusal that the source throws, with its kind, by name", () => {
    const thrown = refusals().map(([kind, code]) => `${code} ${kind}`);
    const listed = table("Refusals").map(([code, kind]) => `${code} ${kind}`);
    expect(listed).toEqual(sorted(new Set(thrown)));
  });
});

describe("the codes of problems", () => {
  it("are all used: a code that nothing answers with is not promised", () => {
    const source = sources().join("\n");
    const unused = Object.keys(PROBLEMS).filter((code) => !source.includes(`"${code}"`));
    expect(unused).toEqual([]);
  });

  it("of refusals have the status of their kind", () => {
    const statusOf: Record<string, number> = { conflict: 409, invalid: 422, notFound: 404 };
    const problems = new Map<string, readonly [number, string]>(Object.entries(PROBLEMS));
    const wrong = refusals().filter(([kind, code]) => {
      const status = problems.get(code)?.[0];
      return status !== undefined && status !== statusOf[kind];
    });
    expect(wrong).toEqual([]);
  });
});

describe("docs/GLOSSARY.md", () => {
  it("explains each word once", () => {
    const words = [...GLOSSARY.matchAll(/^\| ([^|]+?)\s+\|/gm)].map(([, word = ""]) => word);
    const explained = words.filter((word) => word !== "Word" && !word.startsWith("-"));
    expect(explained.filter((word, index) => explained.indexOf(word) !== index)).toEqual([]);
    expect(explained.length).toBeGreaterThan(80);
  });
});

/** `[kind, code]` of every `new Refusal("kind", "CODE"` in the product's source. */
function refusals(): readonly (readonly [kind: string, code: string])[] {
  const source = sources().join("\n");
  const literal = [...source.matchAll(/new Refusal\(\s*"(\w+)",\s*"([A-Z_]+)"/g)];
  // One made with a computed code would escape the list.
  const all = [...source.matchAll(/new Refusal\(/g)];
  expect(literal).toHaveLength(all.length);
  return literal.map(([, kind = "", code = ""]) => [kind, code]);
}

/** Every file of the product but the list of problems itself. */
function sources(): readonly string[] {
  return ["domain", "mixins", "models", "services"].flatMap((folder) => {
    const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".ts") && !file.endsWith("problem-codes.ts"))
      .map((file) => readFileSync(path.join(ROOT, folder, file), "utf8"));
  });
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].toSorted((a, b) => a.localeCompare(b));
}
