import { versionAt } from "../../../domain/alternative/revise.ts";
import { notFound } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type {
  AlternativeDocumentPage,
  AlternativeSourcePage,
  AlternativeSourceView,
} from "../../../mixins/rest/routes/alternative-data.ts";
import { decodeCursor, encodeCursor, isoTime, page } from "../../../mixins/rest/views.ts";
import { PUBLIC } from "../../../models/alternative-data.ts";
import type {
  AlternativeStore,
  StoredDocument,
  StoredSource,
} from "../../../models/alternative-data.ts";
import type { RequestUser } from "../../../types/contracts.ts";
import type { AlternativeRegistry, OpenedSource } from "./registry.ts";
import { toDocumentView } from "./views.ts";

export interface Shelf {
  readonly store: AlternativeStore;
  readonly registry: AlternativeRegistry;
}

/** Under which tenant a user finds a source. @throws RestError 404 when there is none, or it is another tenant's */
export async function tenantOf(
  { store, registry }: Shelf,
  source: string,
  { tenantId }: Pick<RequestUser, "tenantId">,
): Promise<string> {
  if (registry.isPublic(source)) return PUBLIC;
  if (await store.hasSource(tenantId, source)) return tenantId;
  throw notFound("source of alternative data", source);
}

export async function listDocuments(
  shelf: Shelf,
  user: RequestUser,
  params: ActionMap["alternative-data.list"]["params"],
): Promise<AlternativeDocumentPage> {
  const { source, symbol, seriesId, start, end, asOf, sentimentMethod, limit, cursor } = params;
  const after = decodeCursor(cursor, { atMs: "time", id: "uuid" }) ?? undefined;
  const tenantId = await tenantOf(shelf, source, user);
  const range = { startMs: start, endMs: end, asOfMs: asOf };
  const query = { tenantId, source, symbol, seriesId, ...range, after, limit: limit + 1 };
  const found = await shelf.store.list(query);
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  const data = shown.flatMap((document) => {
    const version =
      asOf === undefined ? document.versions.at(-1) : versionAt(document.versions, asOf);
    // What a revision tied to the symbol was not about it before.
    const isShown = version && (symbol === undefined || version.symbols.includes(symbol));
    return isShown ? [toDocumentView(document, version, sentimentMethod)] : [];
  });
  return { source, data, nextCursor: last ? cursorAt(last) : null };
}

function cursorAt({ publishedAtMs: atMs, _id: id }: StoredDocument): string {
  return encodeCursor({ atMs, id });
}

export async function listSources(
  { store, registry }: Shelf,
  { tenantId }: RequestUser,
): Promise<AlternativeSourcePage> {
  const stored = await store.sources([PUBLIC, tenantId]);
  const noted = new Map(stored.map((one) => [`${one.tenantId}/${one.source}`, one]));
  const own = stored.filter((one) => one.tenantId === tenantId && !registry.isPublic(one.source));
  const views = [
    ...registry.all().map((opened) => collectedView(opened)),
    ...registry.webhooks.map((source) => plainView(source, "webhook")),
    ...own.map(({ source }) => plainView(source, "posted")),
  ];
  const counted = views.map(async (view): Promise<AlternativeSourceView> => {
    const under = registry.tenantOf(view.source, tenantId);
    const known: StoredSource | undefined = noted.get(`${under}/${view.source}`);
    return {
      ...view,
      kind: known?.kind ?? view.kind,
      documents: known === undefined ? 0 : await store.count(under, view.source),
      lastUpdateAt: known === undefined ? null : isoTime(known.updatedAtMs),
    };
  });
  return page(await Promise.all(counted), null);
}

function collectedView({ definition, source }: OpenedSource): AlternativeSourceView {
  const { sourceId, kind, isConfigured, variables, needs, heeds } = definition;
  return {
    ...plainView(sourceId, "collected"),
    kind,
    isConfigured,
    variables: [...variables],
    needs: [...needs],
    heeds: [...heeds],
    circuit: source.circuit(),
  };
}

function plainView(source: string, method: AlternativeSourceView["method"]): AlternativeSourceView {
  return {
    source,
    kind: "news",
    method,
    isConfigured: true,
    variables: method === "webhook" ? ["ALTERNATIVE_WEBHOOKS"] : [],
    needs: [],
    heeds: [],
    documents: 0,
    lastUpdateAt: null,
    circuit: null,
  };
}
