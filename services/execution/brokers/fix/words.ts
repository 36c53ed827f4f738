import type { Json } from "../../../../domain/shared/json.ts";
import type { FixField } from "./codec.ts";

/** What became of a request: the counterparty's word, as it is kept with it. Type aliases, so that they are assignable to Json. */
export type Word =
  /** it was done, or will be; reports say what */
  | { readonly word: "taken" }
  /** it was not, and a report has said so */
  | { readonly word: "refused" }
  /** its id is known there: what bears it was taken before, or will be found */
  | { readonly word: "duplicate" }
  /** a repeat was rejected, which what was sent before may be the reason of; nobody has been told */
  | { readonly word: "doubtful"; readonly reason: string; readonly text: string }
  /** of a question: ExecutionReports as they came */
  | { readonly word: "status"; readonly messages: readonly (readonly FixField[])[] }
  /** of a question: it was not understood */
  | { readonly word: "failed"; readonly text: string };

/** Null while there is none. */
export function readWord(answer: Json): Word | null {
  // sound: only `Word`s are kept as answers
  return answer === null ? null : (answer as unknown as Word);
}
