import { RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { Permission } from "../../../mixins/rest/permissions.ts";
import type { JobAccepted } from "../../../mixins/rest/routes/jobs.ts";
import type {
  CollectionTarget,
  StoredCollectionSchedule,
} from "../../../models/collection-schedules.ts";
import type { RequestMeta } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { checkQuery } from "../alternative/check-query.ts";
import type { AlternativeRegistry } from "../alternative/registry.ts";
import type { Market } from "../market.ts";
import { checkCollectable } from "../sources/check-collectable.ts";
import type { SourceRegistry } from "../sources/registry.ts";

interface Parts {
  readonly node: NodeContext;
  readonly market: Market;
  readonly registry: SourceRegistry;
  readonly alternative: AlternativeRegistry;
}

const DAY_MS = 86_400_000;

/** Whoever asks for such a job needs it. */
export function permissionFor({ kind }: CollectionTarget): Permission {
  return kind === "marketData" ? "market-data.collect" : "alternative-data.collect";
}

/** @throws RestError 409 of a source that is off, 422 for what could never be collected, by the names of the schedule */
export async function checkTarget(
  parts: Parts,
  target: CollectionTarget,
  dueAtMs: number,
): Promise<void> {
  try {
    if (target.kind === "alternativeData") return checkAlternative(parts, target);
    const { source, symbols, timeframe } = target;
    const asked = { source, symbols, timeframe, startMs: startOf(target, dueAtMs), endMs: null };
    await checkCollectable(parts, asked);
  } catch (error) {
    if (!(error instanceof RestError) || error.data.errors === undefined) throw error;
    throw unprocessable(
      error.data.errors.map(({ path, code, message }) => ({
        path: `${target.kind}.${path === "start" ? "lookbackDays" : path}`,
        code,
        message,
      })),
    );
  }
}

function checkAlternative(
  { alternative }: Parts,
  target: Extract<CollectionTarget, { kind: "alternativeData" }>,
): void {
  const opened = alternative.find(target.source);
  if (opened === null)
    throw unprocessable([
      { path: "source", code: "UNSUPPORTED_VALUE", message: "is no source that is collected" },
    ]);
  checkQuery(opened.definition, target);
}

function startOf({ lookbackDays }: CollectionTarget, dueAtMs: number): number | null {
  return lookbackDays === null ? null : dueAtMs - lookbackDays * DAY_MS;
}

/** What is asked for follows from what is due alone: of two nodes that ask for it, both ask for the same. @returns the job's id */
export async function askForJob(
  { broker }: Pick<NodeContext, "broker">,
  { target, dueAtMs }: Pick<StoredCollectionSchedule, "target" | "dueAtMs">,
  meta: RequestMeta,
): Promise<string> {
  const startMs = startOf(target, dueAtMs);
  const start = startMs === null ? {} : { start: startMs };
  if (target.kind === "marketData") {
    const { source, symbols, timeframe } = target;
    const asked = { source, symbols, timeframe, ...start };
    const { jobId } = await broker.call<JobAccepted, object>("data-sources.collect", asked, {
      meta,
    });
    return jobId;
  }
  const { source, symbols, series, query, knownAt } = target;
  const asked = {
    source,
    ...(symbols.length > 0 && { symbols }),
    ...(series.length > 0 && { series }),
    ...(query !== null && { query }),
    knownAt,
    ...start,
  };
  const { jobId } = await broker.call<JobAccepted, object>("alternative-data.collect", asked, {
    meta,
  });
  return jobId;
}
