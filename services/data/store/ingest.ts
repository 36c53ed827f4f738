import { Readable } from "node:stream";
import type { Bar } from "../../../domain/market/bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { notFound, RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { BarUploadView } from "../../../mixins/rest/routes/market-store.ts";
import { recordRefusals } from "../../../models/quality.ts";
import { latestBar, storeBars } from "../../../models/timescale/bars.ts";
import { answerUpload, claimUpload } from "../../../models/upload-answers.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { userOf } from "../../access.ts";
import type { Market } from "../market.ts";
import { BAR_FIELDS, readBarRows } from "./bar-rows.ts";
import { readCsv } from "./csv-rows.ts";
import { tellStored } from "./tell-stored.ts";

type Params = ActionMap["market-store.ingest"]["params"];

const REJECTED_MAX = 1_000;

/** Stores the bars of an upload, and tells the symbol's actor of the newest of them. */
export async function ingest(
  node: NodeContext,
  market: Market,
  ctx: RequestContext<Params>,
): Promise<BarUploadView> {
  const { symbol } = ctx.params;
  if ((await market.instrument(symbol)) === null) throw notFound("symbol", symbol);
  const rows = await rowsOf(ctx);
  return once(node, ctx, rows, () => store(node, market, ctx.params, rows));
}

async function rowsOf({ params, stream }: RequestContext<Params>): Promise<readonly unknown[]> {
  if (stream instanceof Readable) return readCsv(stream, BAR_FIELDS);
  // Null stands for a line of CSV that was not understood; in JSON it is just no object.
  if (params.data !== undefined) return params.data.map((row) => row ?? "null");
  const message = "is required: the body has neither rows of JSON nor a header row of CSV";
  throw unprocessable([{ path: "data", code: "REQUIRED", message }]);
}

/** Under an Idempotency-Key the same body gets the same answer; one that was cut off is worked on again, which is harmless. */
async function once(
  { pool }: NodeContext,
  ctx: RequestContext<Params>,
  rows: readonly unknown[],
  work: () => Promise<BarUploadView>,
): Promise<BarUploadView> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return work();
  const scope = `bars:${userOf(ctx).userId}`;
  const { symbol, timeframe, source } = ctx.params;
  const claim = await claimUpload(pool, scope, key, bodyHash({ symbol, timeframe, source, rows }));
  if (claim.kind === "reused") {
    throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with other bars");
  }
  if (claim.kind === "answered") {
    ctx.meta.isReplay = true;
    // sound: `answerUpload` below stored it
    return claim.answer as unknown as BarUploadView;
  }
  const answer = await work();
  await answerUpload(pool, scope, key, answer);
  return answer;
}

async function store(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, source }: Params,
  rows: readonly unknown[],
): Promise<BarUploadView> {
  const nowMs = node.clock.now();
  const { bars, rejected } = await readBarRows(rows, { symbol, timeframe, source }, nowMs);
  const { inserted, revised, duplicates } = await storeBars(node.pool, bars, nowMs);
  await recordRefusals(node.pool, symbol, source, "DUPLICATE", duplicates);
  for (const [reason, refused] of Map.groupBy(rejected, (row) => row.reason)) {
    const { detail } = refused.at(-1) ?? {};
    await recordRefusals(node.pool, symbol, source, reason, refused.length, detail);
  }
  const [first, last] = [bars[0], bars.at(-1)];
  if (first !== undefined && last !== undefined && inserted + revised > 0) {
    await tellActor(node, market, last);
    await tellStored(node, { symbol, timeframe, fromMs: first.startMs });
  }
  return {
    accepted: inserted + revised,
    revised,
    duplicates,
    rejectedCount: rejected.length,
    rejected: rejected.slice(0, REJECTED_MAX),
  };
}

/**
 * The actor must not go on with an older last bar. It is told as learnt when the bar ended: an upload of the past does not
 * make a price fresh.
 */
async function tellActor(node: NodeContext, market: Market, last: Bar): Promise<void> {
  const { symbol, timeframe } = last;
  const newest = await latestBar(node.pool, symbol, timeframe);
  if (newest === null || newest.startMs > last.startMs) return;
  const endMs = barEndMs(timeframe, newest.startMs);
  await market.recordBar(newest, Math.min(endMs, node.clock.now()));
}
