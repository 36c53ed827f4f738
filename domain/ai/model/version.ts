import type { Json } from "../../shared/json.ts";
import type { ModelDefinition } from "./definition.ts";

/** Everything that a version follows from: trained again from it, the artefact has the same hash. */
export interface Lineage {
  /** `trained`, or `imported` from ONNX */
  readonly origin: "trained" | "imported";
  readonly definition: ModelDefinition;
  /** of the bars that were asked for and of those that there were, epoch ms */
  readonly data: {
    readonly startMs: number;
    readonly endMs: number;
    /** the knowledge that the data set rests on: nothing that became known later */
    readonly knownAtMs: number;
    readonly rows: number;
    /** sha256 over features, labels and times */
    readonly sha256: string;
  } | null;
  /** validation, calibration, coverage, seed and the rest of the terms, as they were given to the trainer */
  readonly terms: Json;
  readonly libraries: { readonly [name: string]: string };
  /** of the code: commit or package version */
  readonly code: string;
  /** the version that it continues or replaces */
  readonly parent: number | null;
}

export const STAGES = ["staging", "production", "archived"] as const;
export type Stage = (typeof STAGES)[number];

/** Names of versions that move. The stage `production` is the champion, `staging` the challenger. */
export interface Aliases {
  readonly champion: number | null;
  readonly challenger: number | null;
  /** predict beside the champion, are recorded and never acted upon */
  readonly shadow: readonly number[];
}
