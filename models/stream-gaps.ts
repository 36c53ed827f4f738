import type { Pool } from "./postgres/pool.ts";

/** What a stream has missed of a symbol: [startMs, endMs), epoch ms. */
export interface StreamGap {
  readonly symbol: string;
  readonly startMs: number;
  readonly endMs: number;
}

export async function streamGaps(pool: Pool, sourceId: string): Promise<readonly StreamGap[]> {
  const { rows } = await pool.query<{
    readonly symbol: string;
    readonly gaps: readonly (readonly [number, number])[];
  }>("SELECT symbol, gaps FROM ops.stream_gap WHERE source_id = $1 ORDER BY symbol", [sourceId]);
  return rows.flatMap(({ symbol, gaps }) =>
    gaps.map(([startMs, endMs]) => ({ symbol, startMs, endMs })),
  );
}

/** Puts all open gaps of one symbol in place of those on record. */
export async function putStreamGaps(
  pool: Pool,
  sourceId: string,
  symbol: string,
  gaps: readonly Omit<StreamGap, "symbol">[],
): Promise<void> {
  if (gaps.length === 0) {
    const one = "DELETE FROM ops.stream_gap WHERE source_id = $1 AND symbol = $2";
    await pool.query(one, [sourceId, symbol]);
    return;
  }
  await pool.query(
    `INSERT INTO ops.stream_gap (source_id, symbol, gaps) VALUES ($1, $2, $3)
     ON CONFLICT (source_id, symbol) DO UPDATE SET gaps = excluded.gaps`,
    [sourceId, symbol, JSON.stringify(gaps.map(({ startMs, endMs }) => [startMs, endMs]))],
  );
}
