import { measureParts, type MeasuredParts } from "../../../domain/risk/measures/parts.ts";
import type { ScenarioBook } from "../../../domain/risk/measures/book.ts";
import type { Unmeasurable, VarSpec } from "../../../domain/risk/measures/spec.ts";

export interface MeasureTask {
  readonly book: ScenarioBook;
  readonly spec: VarSpec;
  /** whether what each name adds is wanted */
  readonly isSplit: boolean;
}

/** Measures that take longer than the event loop may be held. */
export function measureInThread({
  book,
  spec,
  isSplit,
}: MeasureTask): MeasuredParts | Unmeasurable {
  return measureParts(book, spec, isSplit);
}
