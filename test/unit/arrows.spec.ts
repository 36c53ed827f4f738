import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const ROOT = path.resolve(__dirname, "../..");
const TREES = path.join(ROOT, "test/fixtures/arrows");

// What our own tools and files say, under its types; another shape fails the assertions on it.
const parseCruised: (text: string) => Cruised = (text) => JSON.parse(text);
const parseReport: (text: string) => Report = (text) => JSON.parse(text);
const parseLintConfig: (text: string) => LintConfig = (text) => JSON.parse(text);

/** What `cruise.mjs` prints. */
interface Cruised {
  readonly rules: readonly string[];
  readonly trees: Record<string, readonly { readonly rule: string; readonly files: string[] }[]>;
}

/**
 * Each rule has a tree of its name with violations planted in it: the files called `bad-…`, and no others, must be
 * reported, by that rule and no other.
 */
describe("the arrows", () => {
  const named = foldersOf(TREES).filter((tree) => tree !== "clean" && tree !== "impure-domain");
  let cruised: Cruised;

  beforeAll(() => {
    const script = path.join(TREES, "cruise.mjs");
    cruised = parseCruised(execFileSync(process.execPath, [script], { encoding: "utf8" }));
  });

  it.each(named)("%s catches what is planted against it, and nothing else", (rule) => {
    const violations = cruised.trees[rule] ?? [];
    expect([...new Set(violations.map((violation) => violation.rule))]).toEqual([rule]);
    expect(sorted(violations.flatMap(({ files }) => files))).toEqual(plantedIn(rule));
  });

  it("every rule has violations planted against it", () => {
    expect(sorted(cruised.rules)).toEqual(sorted(named));
  });

  it("a tree that keeps them all passes", () => {
    expect(cruised.trees["clean"]).toEqual([]);
  });
});

/** Each impurity has a file that is named after it: `NAME.ts`, or `NAME--variant.ts`. */
describe("the purity of domain/", () => {
  const impurities = readdirSync(path.join(TREES, "impure-domain/domain"));
  const mustBeCaught =
    "Date Math.random process performance crypto fetch console Buffer globalThis setTimeout setInterval setImmediate";

  let caught: Caught;

  beforeAll(() => {
    caught = lint("impure-domain");
  });

  it.each(impurities)("%s is caught", (file) => {
    const name = file.replace(/(--.*)?\.ts$/, "");
    const messages = caught.get(`domain/${file}`) ?? [];
    expect(messages.filter((message) => message.includes(`'${name}'`))).not.toEqual([]);
  });

  it.each([...new Set([...mustBeCaught.split(" "), ...restrictedGlobals()])])(
    "a use of %s is planted",
    (name) => {
      expect(impurities).toContain(`${name}.ts`);
    },
  );

  it("pure files pass, and other folders may ask for time and chance", () => {
    expect(lint("clean")).toEqual(new Map());
  });
});

/** Messages of the purity rules by file. */
type Caught = Map<string, string[]>;
const PURITY_RULES = new Set(["eslint(no-restricted-globals)", "eslint(no-restricted-properties)"]);

/** The real configuration beside a copy of the tree: its patterns count from the folder where it lies. */
function lint(tree: string): Caught {
  const copy = mkdtempSync(path.join(os.tmpdir(), "arrows-"));
  try {
    cpSync(path.join(TREES, tree), copy, { recursive: true });
    cpSync(path.join(ROOT, ".oxlintrc.json"), path.join(copy, ".oxlintrc.json"));
    return diagnose(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** oxlint's JSON; a run that fails prints none, and the parser throws. */
interface Report {
  readonly number_of_files: number;
  readonly diagnostics: readonly { code: string; filename: string; message: string }[];
}

function diagnose(folder: string): Caught {
  const oxlint = path.join(ROOT, "node_modules/oxlint/bin/oxlint");
  const options = { cwd: folder, encoding: "utf8" } as const;
  const run = spawnSync(process.execPath, [oxlint, "--format", "json", "."], options);
  const report = parseReport(run.stdout);
  expect(report.number_of_files).toBeGreaterThan(0);
  const impure = report.diagnostics.filter(({ code }) => PURITY_RULES.has(code));
  const messages: Caught = new Map();
  for (const { filename, message } of impure) {
    messages.set(filename, [...(messages.get(filename) ?? []), message]);
  }
  return messages;
}

/** The part of our lint configuration that guards domain/. */
interface LintConfig {
  readonly overrides: readonly {
    readonly files: readonly string[];
    readonly rules: { readonly "no-restricted-globals"?: readonly string[] };
  }[];
}

function restrictedGlobals(): readonly string[] {
  const { overrides } = parseLintConfig(readFileSync(path.join(ROOT, ".oxlintrc.json"), "utf8"));
  const domain = overrides.find(({ files }) => files.includes("domain/**/*.ts"));
  return domain?.rules["no-restricted-globals"]?.slice(1) ?? [];
}

function foldersOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function plantedIn(tree: string): string[] {
  const files = readdirSync(path.join(TREES, tree), { recursive: true, encoding: "utf8" });
  return sorted(files.filter((file) => /^bad-.*\.ts$/.test(path.basename(file))));
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => a.localeCompare(b));
}
