import type { Document } from "./bson.ts";
import { isDocument } from "./bson.ts";
import { serverError } from "./errors.ts";
import { runPipeline } from "./pipeline.ts";

const STAGES = new Set([
  "$addFields",
  "$set",
  "$project",
  "$unset",
  "$replaceRoot",
  "$replaceWith",
]);

/** An update that computes the document anew from itself. */
export function runUpdatePipeline(document: Document, stages: readonly unknown[]): Document {
  for (const stage of stages) {
    const [name = ""] = isDocument(stage) ? Object.keys(stage) : [];
    if (!STAGES.has(name))
      throw serverError("FailedToParse", `${name} is not allowed in an update`);
  }
  const [updated] = runPipeline([document], stages, () => []);
  if (updated === undefined) throw serverError("BadValue", "the update left no document");
  return updated;
}
