import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { accuracy, crossValidated, fit, readExamples } from "./sentiment/fit.ts";

/** `npm run train-sentiment`: fits the sentiment model to our headlines and writes it where the data service reads it. */
const root = join(import.meta.dirname, "..");
const examples = readExamples(join(root, "scripts/sentiment/headlines.tsv"));
const heldOut = readExamples(join(root, "test/fixtures/sentiment-held-out.tsv"));
const model = fit(examples);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
writeFileSync(
  join(root, "services/data/alternative/sentiment-model.json"),
  `${JSON.stringify(model)}\n`,
);
console.log(`right, cross-validated: ${percent(crossValidated(examples))} of ${examples.length}`);
console.log(
  `right, of headlines held out: ${percent(accuracy(model, heldOut))} of ${heldOut.length}`,
);
