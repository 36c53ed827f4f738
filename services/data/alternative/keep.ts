import type {
  AlternativeKind,
  DocumentContent,
  DocumentVersion,
  RefusedDocument,
} from "../../../domain/alternative/document.ts";
import { refusalOf } from "../../../domain/alternative/document.ts";
import { revise } from "../../../domain/alternative/revise.ts";
import type { Revised } from "../../../domain/alternative/revise.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { Clock } from "../../../mixins/clock.ts";
import type { AlternativeStore, StoredDocument } from "../../../models/alternative-data.ts";
import type { Linker } from "./linker.ts";
import { readDocument } from "./read-row.ts";
import type { ReadDocument, RowDefaults } from "./read-row.ts";

const NAMESPACE = "5d8b6c0a-2f57-4f5e-9b1b-6a1d0c3e7f42";
/** Documents that are written at a time. */
const LANES = 64;
/** Rows whose stored versions are read at a time. */
const CHUNK = 500;
/** Others may write the same document meanwhile, but not for ever. */
const ATTEMPTS_MAX = 20;

export interface Keeping {
  readonly store: AlternativeStore;
  readonly linker: Linker;
  readonly clock: Clock;
}

/** Whose rows these are. */
export interface RowOrigin extends RowDefaults {
  readonly tenantId: string;
  readonly source: string;
  /** first versions without a `knownAt` were known when they were published, and not now */
  readonly isKnownWhenPublished?: boolean;
}

export interface Kept {
  accepted: number;
  revised: number;
  duplicates: number;
  readonly rejected: ({ readonly row: number } & RefusedDocument)[];
}

interface Incoming extends ReadDocument {
  readonly row: number;
  /** its symbols are not its own: its text was found to speak of them */
  readonly isLinked: boolean;
}

/** Reads, links and stores rows, each by itself: a bad one is told, and the others are stored. To repeat it changes nothing. */
export async function keepRows(
  keeping: Keeping,
  origin: RowOrigin,
  rows: readonly unknown[],
): Promise<Kept> {
  const kept: Kept = { accepted: 0, revised: 0, duplicates: 0, rejected: [] };
  const nowMs = keeping.clock.now();
  try {
    for (let begin = 0; begin < rows.length; begin += CHUNK) {
      const chunk = rows.slice(begin, begin + CHUNK);
      const incoming = await readRows(keeping, origin, chunk, begin, nowMs, kept);
      await keepChunk(keeping, origin, incoming, nowMs, kept);
    }
  } finally {
    // After the last document, and after a failure too: who has read some of them must notice the others.
    if (kept.accepted + kept.revised > 0) await noteSource(keeping, origin, nowMs);
  }
  kept.rejected.sort((a, b) => a.row - b.row);
  return kept;
}

async function readRows(
  keeping: Keeping,
  origin: RowOrigin,
  rows: readonly unknown[],
  before: number,
  nowMs: number,
  kept: Kept,
): Promise<readonly Incoming[]> {
  const found: Incoming[] = [];
  for (const [index, input] of rows.entries()) {
    const row = before + index + 1;
    const read = readDocument(input, origin);
    const refused = "reason" in read ? read : refusalOf(read.content, read.knownAtMs, nowMs);
    if (refused !== null) kept.rejected.push({ row, ...refused });
    else if (!("reason" in read)) found.push(await linked(keeping, row, read));
  }
  return found;
}

/** What names no symbol is tied to those that its text speaks of. */
async function linked({ linker }: Keeping, row: number, read: ReadDocument): Promise<Incoming> {
  const { content } = read;
  const text = [content.title, content.body].filter((part) => part !== null).join("\n");
  if (content.symbols.length > 0 || text === "") return { ...read, row, isLinked: false };
  const symbols = await linker.symbolsOf(text);
  return { ...read, row, isLinked: true, content: { ...content, symbols } };
}

async function keepChunk(
  { store }: Keeping,
  origin: RowOrigin,
  incoming: readonly Incoming[],
  nowMs: number,
  kept: Kept,
): Promise<void> {
  const byId = Map.groupBy(incoming, ({ externalId }) => idOf(origin, externalId));
  const held = await store.findMany([...byId.keys()]);
  const left = [...byId];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [id, versions] = next;
      count(kept, await keepOne(store, origin, id, versions, held.get(id) ?? null, nowMs));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function idOf(
  { tenantId, source }: Pick<RowOrigin, "tenantId" | "source">,
  externalId: string,
): string {
  return uuidv5(NAMESPACE, JSON.stringify([tenantId, source, externalId]));
}

type Outcome = Revised & { readonly row: number };

/** The rows of one document, in their order; anew when somebody else has written it meanwhile. */
async function keepOne(
  store: AlternativeStore,
  origin: RowOrigin,
  id: string,
  rows: readonly Incoming[],
  found: StoredDocument | null,
  nowMs: number,
): Promise<readonly Outcome[]> {
  let held = found;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const outcomes = outcomesOf(origin, held?.versions ?? [], rows, nowMs);
    const added = outcomes.flatMap((one) => ("version" in one ? [one.version] : []));
    if (added.length === 0) return outcomes;
    const isStored =
      held === null
        ? await store.insert(newDocument(origin, id, rows, added))
        : await store.addVersions(held, added, symbolsOf([...held.versions, ...added]));
    if (isStored) return outcomes;
    held = await store.find(id);
  }
  throw new Error(`alternative document ${id}: written by others ${ATTEMPTS_MAX} times meanwhile`);
}

function outcomesOf(
  { isKnownWhenPublished = false }: RowOrigin,
  held: readonly DocumentVersion[],
  rows: readonly Incoming[],
  nowMs: number,
): readonly Outcome[] {
  const versions = [...held];
  return rows.map((incoming) => {
    const { row, content } = incoming;
    // A later version was not known when the first was published.
    const isFirst = isKnownWhenPublished && versions.length === 0;
    const knownAtMs = incoming.knownAtMs ?? (isFirst ? content.publishedAtMs : null);
    const revised = revise(versions, withLinksOf(versions.at(-1), incoming), knownAtMs, nowMs);
    if ("version" in revised) versions.push(revised.version);
    return { row, ...revised };
  });
}

/** The same text stays tied to what it was tied to, whatever names are known by now: that is no revision. */
function withLinksOf(
  held: DocumentVersion | undefined,
  { content, isLinked }: Incoming,
): DocumentContent {
  const isSameText = held?.title === content.title && held.body === content.body;
  return isLinked && held !== undefined && isSameText
    ? { ...content, symbols: held.symbols }
    : content;
}

function newDocument(
  { tenantId, source }: RowOrigin,
  _id: string,
  [row]: readonly Incoming[],
  versions: readonly DocumentVersion[],
): StoredDocument {
  const [first] = versions;
  if (row === undefined || first === undefined) throw new Error("a document has a version");
  return {
    _id,
    tenantId,
    source,
    externalId: row.externalId,
    seriesId: first.seriesId,
    symbols: symbolsOf(versions),
    publishedAtMs: first.publishedAtMs,
    firstKnownAtMs: first.knownAtMs,
    revision: versions.length - 1,
    versions,
  };
}

function symbolsOf(versions: readonly DocumentVersion[]): readonly string[] {
  return [...new Set(versions.flatMap(({ symbols }) => symbols))];
}

function count(kept: Kept, outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.outcome === "duplicate") kept.duplicates += 1;
    else if (outcome.outcome === "refused")
      kept.rejected.push({ row: outcome.row, ...outcome.refused });
    else kept.accepted += 1;
    if (outcome.outcome === "revised") kept.revised += 1;
  }
}

function noteSource(
  { store }: Keeping,
  { tenantId, source, kind }: RowOrigin & { readonly kind: AlternativeKind },
  updatedAtMs: number,
): Promise<void> {
  return store.noteSource({ _id: `${tenantId}/${source}`, tenantId, source, kind, updatedAtMs });
}
