import { Readable } from "node:stream";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { conflict, RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { AlternativeUploadView } from "../../../mixins/rest/routes/alternative-data.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { answerUpload, claimUpload } from "../../../models/upload-answers.ts";
import type { Pool } from "../../../models/postgres/pool.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { readCsv } from "../store/csv-rows.ts";
import type { CsvRow } from "../store/csv-rows.ts";
import { keepRows } from "./keep.ts";
import type { Keeping, Kept } from "./keep.ts";
import type { AlternativeRegistry } from "./registry.ts";

type Params = ActionMap["alternative-data.ingest"]["params"];

const REJECTED_MAX = 1_000;
const COLUMNS = { date: "required", value: "required", knownAt: "optional" } as const;

interface Parts extends Keeping {
  readonly pool: Pool;
  readonly registry: AlternativeRegistry;
}

/** Stores what a user posts, for the user's tenant alone. */
export async function ingest(
  parts: Parts,
  ctx: RequestContext<Params>,
): Promise<AlternativeUploadView> {
  const { source, kind, seriesId = null, symbol: symbols = [] } = ctx.params;
  const { tenantId } = userOf(ctx);
  if (parts.registry.isPublic(source))
    throw conflict(`${source} is collected or pushed, and nothing else may be put there`);
  const rows = await rowsOf(ctx);
  const defaults = { kind: kind ?? (seriesId === null ? "news" : "series"), seriesId, symbols };
  return once(parts, ctx, rows, async () =>
    toUploadView(await keepRows(parts, { tenantId, source, ...defaults }, rows)),
  );
}

export function toUploadView(kept: Kept): AlternativeUploadView {
  const { accepted, revised, duplicates, rejected } = kept;
  return {
    accepted,
    revised,
    duplicates,
    rejectedCount: rejected.length,
    rejected: rejected.slice(0, REJECTED_MAX),
  };
}

async function rowsOf({ params, stream }: RequestContext<Params>): Promise<readonly unknown[]> {
  if (!(stream instanceof Readable)) {
    if (params.data !== undefined) return params.data;
    throw required("data");
  }
  if (params.seriesId === undefined) throw required("seriesId");
  return (await readCsv(stream, COLUMNS)).map(observationOf);
}

function required(path: string): RestError {
  return unprocessable([{ path, code: "REQUIRED", message: "is required" }]);
}

/** What is no row of its header is passed on, to be refused by itself. */
function observationOf(cells: CsvRow): unknown {
  if (cells === null) return null;
  const { date, value, knownAt } = cells;
  const period = /^\d{4}-\d{2}-\d{2}$/.test(date ?? "") ? date : undefined;
  // Without a figure an observation says nothing: FRED and others write a point.
  const figure = value === "." ? undefined : value;
  return { publishedAt: date, period, value: figure, knownAt };
}

/** Under an Idempotency-Key the same body gets the same answer; one that was cut off is worked on again, which is harmless. */
async function once(
  { pool }: Parts,
  ctx: RequestContext<Params>,
  rows: readonly unknown[],
  work: () => Promise<AlternativeUploadView>,
): Promise<AlternativeUploadView> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return work();
  const scope = `alternative-data:${userOf(ctx).userId}`;
  const { data: _, ...terms } = ctx.params;
  const claim = await claimUpload(pool, scope, key, bodyHash({ ...terms, rows }));
  if (claim.kind === "reused")
    throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with other rows");
  if (claim.kind === "answered") {
    ctx.meta.isReplay = true;
    // sound: `answerUpload` below stored it
    return claim.answer as unknown as AlternativeUploadView;
  }
  const answer = await work();
  await answerUpload(pool, scope, key, answer);
  return answer;
}
