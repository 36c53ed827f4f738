import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure } from "../../../mixins/jobs/kind.ts";
import type { JobKind, JobRun } from "../../../mixins/jobs/kind.ts";
import { PUBLIC } from "../../../models/alternative-data.ts";
import { SourceError } from "../sources/source.ts";
import { keepRows } from "./keep.ts";
import type { Keeping, Kept } from "./keep.ts";
import type { AlternativeRegistry, OpenedSource } from "./registry.ts";

export const COLLECT_ALTERNATIVE = "alternative-data.collect";

export interface CollectAlternativeParams {
  readonly source: string;
  readonly symbols: readonly string[];
  readonly series: readonly string[];
  readonly query: string | null;
  /** null: a week before its end */
  readonly startMs: number | null;
  /** null: up to when it runs */
  readonly endMs: number | null;
  readonly knownAt: "now" | "published";
}

interface Parts extends Keeping {
  readonly registry: AlternativeRegistry;
}

const WEEK_MS = 7 * 86_400_000;
/** So many refused rows are shown in a result. */
const REFUSED_MAX = 20;

/** Asks a source for what it has: harmless to do twice, so it goes on after its node was lost. */
export function collectAlternativeKind(parts: Parts): JobKind {
  return {
    kind: COLLECT_ALTERNATIVE,
    isResumable: true,
    concurrency: 2,
    queuedMax: 100,
    deadlineMs: 21_600_000,
    run: (run) => collect(parts, run),
  };
}

async function collect(parts: Parts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given, which the route had checked
  const params = run.params as unknown as CollectAlternativeParams;
  const opened = parts.registry.find(params.source);
  if (opened === null || !opened.definition.isConfigured)
    throw new JobFailure("SOURCE_UNSUPPORTED", `${params.source} is not configured on this node`);
  try {
    return resultOf(params.source, await collectPages(parts, opened, params, run));
  } catch (error) {
    if (error instanceof SourceError) throw new JobFailure(error.fault, error.message);
    throw error;
  }
}

async function collectPages(
  parts: Parts,
  { definition, source }: OpenedSource,
  params: CollectAlternativeParams,
  run: JobRun,
): Promise<Kept> {
  const { clock } = parts;
  const total: Kept = { accepted: 0, revised: 0, duplicates: 0, rejected: [] };
  const ask = { now: () => clock.now(), signal: run.signal };
  const endMs = params.endMs ?? clock.now();
  const query = { ...params, startMs: params.startMs ?? endMs - WEEK_MS, endMs };
  const origin = {
    tenantId: PUBLIC,
    source: definition.sourceId,
    kind: definition.kind,
    seriesId: null,
    symbols: [],
    isKnownWhenPublished: params.knownAt === "published",
  };
  let rows = 0;
  for await (const page of source.collect(query, ask)) {
    run.signal.throwIfAborted();
    add(total, await keepRows(parts, origin, page), rows);
    rows += page.length;
    // How much there is to come no source says.
    run.report(0, `${rows} rows read, ${total.accepted} stored`);
  }
  return total;
}

function add(total: Kept, { accepted, revised, duplicates, rejected }: Kept, before: number): void {
  total.accepted += accepted;
  total.revised += revised;
  total.duplicates += duplicates;
  for (const { row, reason, detail } of rejected)
    total.rejected.push({ row: before + row, reason, detail });
}

function resultOf(source: string, { accepted, revised, duplicates, rejected }: Kept): Json {
  const shown = rejected
    .slice(0, REFUSED_MAX)
    .map(({ row, reason, detail }) => ({ row, reason, detail }));
  return { source, accepted, revised, duplicates, rejectedCount: rejected.length, rejected: shown };
}
