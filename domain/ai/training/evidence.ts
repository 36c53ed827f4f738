import type { TrainingReport } from "./terms.ts";

/** What versions and data are compared with: large, and of no use to a prediction. */
export type Evidence = Pick<TrainingReport, "scored" | "reference">;

/** As it is stored: JSON, UTF-8. Of 20,000 rows it takes tens of milliseconds, so that trainings do it in their threads. */
export function evidenceBytes({ scored, reference }: Evidence): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ scored, reference }));
}

/** @param bytes what `evidenceBytes` gave */
export function evidenceFrom(bytes: Uint8Array): Evidence {
  // sound: nothing else is stored as evidence, and its sha256 is verified
  return JSON.parse(new TextDecoder().decode(bytes)) as Evidence;
}
