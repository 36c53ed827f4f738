import { invariant } from "../../domain/shared/errors.ts";
import type { Session } from "./session.ts";

/** Gives ids to symbols that have none, outside any transaction: a remembered id must not roll back. */
export async function learnSymbols(
  session: Session,
  items: readonly { readonly symbol: string }[],
): Promise<void> {
  const { symbolIds } = session.known;
  const unknown = new Set<string>();
  for (const { symbol } of items) if (!symbolIds.has(symbol)) unknown.add(symbol);
  if (unknown.size === 0) return;
  const symbols = [...unknown];
  await session.query(
    `INSERT INTO md.symbol (symbol)
     SELECT g.symbol FROM unnest($1::text[]) AS g (symbol)
     WHERE NOT EXISTS (SELECT FROM md.symbol s WHERE s.symbol = g.symbol)
     ORDER BY g.symbol COLLATE "C" ON CONFLICT DO NOTHING`,
    [symbols],
  );
  const rows = await session.query<{ symbol: string; id: number }>(
    "SELECT symbol, symbol_id AS id FROM md.symbol WHERE symbol = ANY ($1::text[])",
    [symbols],
  );
  for (const { symbol, id } of rows) symbolIds.set(symbol, id);
}

/** Of a symbol that was learnt. */
export function idOf({ known }: Session, symbol: string): number {
  const id = known.symbolIds.get(symbol);
  invariant(id !== undefined, `symbol ${symbol}: expected an id, found none`);
  return id;
}
