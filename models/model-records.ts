import type { ModelDefinition } from "../domain/ai/model/definition.ts";
import type { Aliases, Lineage } from "../domain/ai/model/version.ts";
import type { Evidence } from "../domain/ai/training/evidence.ts";
import type { TrainingReport } from "../domain/ai/training/terms.ts";
import type { Json } from "../domain/shared/json.ts";

/** A model as it is known to its tenant; what it has learnt is in its versions. */
export interface StoredModel {
  readonly modelId: string;
  readonly tenantId: string;
  readonly ownerId: string;
  /** the tenant's only one of it, unless archived */
  readonly name: string;
  readonly description: string;
  readonly definition: ModelDefinition;
  readonly aliases: Aliases;
  readonly schedule: StoredSchedule | null;
  /** is not served, not trained, and shown only to whoever asks for it */
  readonly isArchived: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** one more with every change */
  readonly revision: number;
}

/** When a model is trained again without being asked. */
export interface StoredSchedule {
  /** every so many new bars of its first symbol, or every so many ms */
  readonly every: { readonly bars: number } | { readonly ms: number };
  /** what the training is asked for with, as it was checked */
  readonly request: Json;
  /** on whose behalf */
  readonly userId: string;
  /** when it was asked for, epoch ms */
  readonly setAtMs: number;
  /** when it is looked at next: of `ms` the time of the training, of `bars` the earliest that there can be so many, epoch ms */
  readonly nextAtMs: number;
  /** when the newest bar opened as the last training was asked for, epoch ms; null when there was none */
  readonly lastBarMs: number | null;
}

/** What a version says of itself; the rows behind it are read for themselves (`readEvidence`). */
export type StoredReport = Omit<TrainingReport, keyof Evidence>;

/** A version: never changed but for being archived. */
export interface StoredVersion {
  readonly modelId: string;
  readonly tenantId: string;
  /** from 1 */
  readonly version: number;
  readonly madeBy: string;
  readonly status: "ready" | "archived";
  readonly artifactSha256: string;
  readonly artifactBytes: number;
  readonly format: "native" | "onnx";
  readonly lineage: Lineage;
  /** null of an imported one */
  readonly report: StoredReport | null;
  /** null of an imported one */
  readonly evidenceSha256: string | null;
  /** of a search: how many trials it is the best of, and what they were */
  readonly note: Json;
  readonly createdAtMs: number;
  readonly archivedAtMs: number | null;
}

/** A version before it has its number. */
export interface NewVersion {
  readonly modelId: string;
  readonly tenantId: string;
  /** of what made it (a job, an import): there is one version of each, however often it is made */
  readonly madeBy: string;
  readonly format: StoredVersion["format"];
  readonly lineage: Lineage;
  /** null of an imported one */
  readonly report: TrainingReport | null;
  readonly note: Json;
  readonly createdAtMs: number;
}

/** On record for ever after (the newest `MOVES_MAX` of a model): who made which version what, and why it was allowed. */
export interface AliasMove {
  readonly atMs: number;
  /** a user, or null of the node's own doing (a scheduled training) */
  readonly userId: string | null;
  readonly action: "promote" | "rollback" | "alias" | "trained" | "archive";
  readonly before: Aliases;
  readonly after: Aliases;
  readonly reason: string | null;
  readonly isOverride: boolean;
  /** the Idempotency-Key that it was asked for with */
  readonly requestKey: string | null;
  /** the checks that were made, with what they found */
  readonly checks: Json;
}

export const MOVES_MAX = 1_000;

export interface ModelQuery {
  readonly tenantId: string;
  readonly kind?: string | undefined;
  readonly symbol?: string | undefined;
  /** archived ones too */
  readonly all: boolean;
  /** the name and identifier of the last one of the page before */
  readonly after?: { readonly name: string; readonly modelId: string } | undefined;
  readonly limit: number;
}

/** What may be changed of a model. */
export interface ModelChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly definition?: ModelDefinition | undefined;
  readonly schedule?: StoredSchedule | null | undefined;
  readonly isArchived?: boolean | undefined;
}
