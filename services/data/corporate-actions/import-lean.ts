import { findCalendar } from "../../../domain/market/calendars/calendars.ts";
import { instantOf, type TimeZone } from "../../../domain/market/calendars/time-zone.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { firstDifference } from "../../../domain/shared/same-content.ts";
import { conflict, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type {
  CorporateActionImportView,
  CorporateActionView,
} from "../../../mixins/rest/routes/corporate-actions.ts";
import { addCorporateAction } from "../../../models/corporate-actions.ts";
import { listingsOf } from "../../../models/listings.ts";
import type { NodeContext } from "../../context.ts";
import {
  actionsOfFactors,
  type LeanFile,
  listingsOfMap,
  parseLeanFactorFile,
  parseLeanMapFile,
} from "./lean.ts";
import { putListings } from "./put-listings.ts";
import { toActionView } from "./views.ts";

/** LEAN's files of one instrument, as text. */
export interface LeanFiles {
  readonly factorFile?: string | undefined;
  readonly mapFile?: string | undefined;
  readonly knownAt: "now" | "exDate";
  readonly source: string;
}

/**
 * Records what the files say that is not on record. Both are read before anything is written.
 * @throws RestError 422 naming the file and its line, 409 when the instrument names no calendar or a ticker is another's
 */
export async function importLeanFiles(
  node: NodeContext,
  instrument: Instrument,
  files: LeanFiles,
): Promise<CorporateActionImportView> {
  const { symbol } = instrument;
  const { factorFile, mapFile } = files;
  const factors =
    factorFile === undefined ? [] : rowsOf(parseLeanFactorFile(factorFile), "factorFile");
  const tickers = mapFile === undefined ? null : rowsOf(parseLeanMapFile(mapFile), "mapFile");
  const calendar = calendarOf(instrument);
  if (tickers !== null) await putListings(node, symbol, listingsOfMap(tickers, symbol), "mapFile");
  const counts = { added: 0, unchanged: 0 };
  const conflicts: CorporateActionView[] = [];
  for (const action of actionsOfFactors(factors, calendar, instrument.currency)) {
    const knownAtMs = files.knownAt === "now" ? node.clock.now() : exMs(calendar.zone, action);
    const asked = { actionId: node.newId(), symbol, action, source: files.source, knownAtMs };
    const { recorded, isNew } = await addCorporateAction(node.pool, asked);
    if (isNew) counts.added += 1;
    else if (firstDifference(recorded.action, action) === null) counts.unchanged += 1;
    else conflicts.push(toActionView(recorded));
  }
  const listings = (await listingsOf(node.pool, symbol)).length;
  return { ...counts, conflicts, listings };
}

function rowsOf<Row>(file: LeanFile<Row>, path: string): readonly Row[] {
  if ("rows" in file) return file.rows;
  const { line, detail } = file.refused;
  throw unprocessable([{ path, code: "INVALID_VALUE", message: `line ${line} ${detail}` }]);
}

function calendarOf({ symbol, calendar }: Instrument): TradingCalendar {
  const found = findCalendar(calendar);
  if (found === null)
    throw conflict(`${symbol} names no calendar that is known, which ex-dates are counted by`);
  return found;
}

function exMs(zone: TimeZone, { exDay }: { readonly exDay: number }): number {
  return instantOf(zone, exDay, 0);
}
