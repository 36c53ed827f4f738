import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lexiconScore } from "../../../../domain/alternative/sentiment/lexicon.ts";
import type { SentimentModel } from "../../../../domain/alternative/sentiment/logistic.ts";
import { sentimentOf } from "../../../../domain/alternative/sentiment/sentiment.ts";
import { accuracy, fit, readExamples } from "../../../../scripts/sentiment/fit.ts";

const ROOT = join(__dirname, "../../../..");
const headlines = readExamples(join(ROOT, "scripts/sentiment/headlines.tsv"));
const heldOut = readExamples(join(ROOT, "test/fixtures/sentiment-held-out.tsv"));
const file = join(ROOT, "services/data/alternative/sentiment-model.json");
// sound: written by the script that fits it
const model = JSON.parse(readFileSync(file, "utf8")) as SentimentModel;

describe("the direction rule", () => {
  it.each([
    ["Profit falls", -1],
    ["Loss narrows", 1],
    ["Losses fall for third year", 1],
    ["Costs rise", -1],
    ["Costs fall", 1],
    ["Revenue beats estimates", 1],
    ["Company cuts guidance", -1],
    ["Company cuts debt", 1],
    ["Debt mounts", -1],
    ["Unemployment drops", 1],
    ["No layoffs", 1],
    ["Profit did not rise", -1],
    ["Annual meeting on 12 May", 0],
    ["", 0],
  ])("%s: %d", (text, sign) => {
    expect(Math.sign(lexiconScore(text)) + 0).toBe(sign);
  });

  it("a steeper fall is worse, a slight one less so", () => {
    expect(lexiconScore("Profit falls sharply")).toBeLessThan(lexiconScore("Profit falls"));
    expect(lexiconScore("Profit falls slightly")).toBeGreaterThan(lexiconScore("Profit falls"));
  });

  it("what stands behind a comma is another thought", () => {
    expect(Math.abs(lexiconScore("Profit rises, costs rise"))).toBeLessThan(0.01);
  });
});

describe("the trained model", () => {
  it("is what fitting our headlines gives, to the last bit", () => {
    expect(fit(headlines)).toEqual(model);
  });

  it("labels more of the held-out headlines rightly than the word lists, far more than chance", () => {
    const byLists = heldOut.filter(({ text, label }) => {
      const found = sentimentOf(text, "lexicon", model).label;
      return found === (["negative", "neutral", "positive"] as const)[label];
    });
    const share = accuracy(model, heldOut);
    expect(share).toBeGreaterThan(byLists.length / heldOut.length);
    expect(share).toBeGreaterThan(0.7);
  });

  it("has seen none of them", () => {
    const seen = new Set(headlines.map(({ text }) => text));
    expect(heldOut.filter(({ text }) => seen.has(text))).toEqual([]);
  });

  it.each(["", "…", "x".repeat(100_000), "constructor __proto__ toString", "1 2 3"])(
    "gives a score between −1 and 1 for whatever text",
    (text) => {
      for (const method of ["lexicon", "logistic"] as const) {
        const { score } = sentimentOf(text, method, model);
        expect(Math.abs(score)).toBeLessThanOrEqual(1);
      }
    },
  );

  it("says which method it used, and never the same for good and bad news", () => {
    const good = sentimentOf("Profit beats estimates and dividend rises", "logistic", model);
    const bad = sentimentOf("Profit misses estimates and dividend cut", "logistic", model);
    expect([good.method, good.label, bad.label]).toEqual(["logistic", "positive", "negative"]);
    expect(good.score).toBeGreaterThan(bad.score);
  });
});
