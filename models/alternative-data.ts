import { type Connection, type Model, Schema } from "mongoose";
import type { AlternativeKind, DocumentVersion } from "../domain/alternative/document.ts";

/** What everybody of the installation may see, whatever the tenant. */
export const PUBLIC = "";

/** A document, or an observation of a series, with all its versions: one document, so that a revision is atomic. */
export interface StoredDocument {
  /** follows from tenant, source and external id */
  readonly _id: string;
  /** or `PUBLIC` */
  readonly tenantId: string;
  readonly source: string;
  /** tells documents of a source apart */
  readonly externalId: string;
  readonly seriesId: string | null;
  /** of all versions */
  readonly symbols: readonly string[];
  /** of the first version: the place of the document in lists, which no revision moves */
  readonly publishedAtMs: number;
  readonly firstKnownAtMs: number;
  /** of the newest version */
  readonly revision: number;
  /** oldest first */
  readonly versions: readonly DocumentVersion[];
}

/** A source of which something is stored. */
export interface StoredSource {
  /** follows from tenant and source */
  readonly _id: string;
  readonly tenantId: string;
  readonly source: string;
  readonly kind: AlternativeKind;
  readonly updatedAtMs: number;
  /** how often something was stored: what was read before is known to be whole while it is the same */
  readonly writes?: number;
}

interface StoredAliases {
  /** the symbol */
  readonly _id: string;
  readonly aliases: readonly string[];
}

const documentSchema = new Schema<StoredDocument>(
  {
    _id: String,
    tenantId: { type: String, default: PUBLIC },
    source: { type: String, required: true },
    externalId: { type: String, required: true },
    seriesId: { type: String, default: null },
    symbols: [String],
    publishedAtMs: { type: Number, required: true },
    firstKnownAtMs: { type: Number, required: true },
    revision: { type: Number, required: true },
    versions: [Schema.Types.Mixed],
  },
  { collection: "alternative_documents", versionKey: false },
)
  .index({ tenantId: 1, source: 1, publishedAtMs: -1, _id: -1 })
  .index({ tenantId: 1, source: 1, symbols: 1, publishedAtMs: -1, _id: -1 })
  .index({ tenantId: 1, source: 1, seriesId: 1, publishedAtMs: -1, _id: -1 });

const sourceSchema = new Schema<StoredSource>(
  {
    _id: String,
    tenantId: String,
    source: String,
    kind: String,
    updatedAtMs: Number,
    writes: Number,
  },
  { collection: "alternative_sources", versionKey: false },
).index({ tenantId: 1, source: 1 });

const aliasSchema = new Schema<StoredAliases>(
  { _id: String, aliases: [String] },
  { collection: "symbol_aliases", versionKey: false },
);

export interface DocumentQuery {
  readonly tenantId: string;
  readonly source: string;
  readonly symbol?: string | undefined;
  readonly seriesId?: string | undefined;
  /** of publication */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** known by then */
  readonly asOfMs?: number | undefined;
  /** the last document of the page before */
  readonly after?: { readonly atMs: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** Alternative data as documents, on the connection of a node. */
export class AlternativeStore {
  readonly #documents: Model<StoredDocument>;
  readonly #sources: Model<StoredSource>;
  readonly #aliases: Model<StoredAliases>;

  constructor(connection: Connection) {
    this.#documents = connection.model<StoredDocument>("AlternativeDocument", documentSchema);
    this.#sources = connection.model<StoredSource>("AlternativeSource", sourceSchema);
    this.#aliases = connection.model<StoredAliases>("SymbolAliases", aliasSchema);
  }

  /** Waits until the indexes are there. */
  async ready(): Promise<void> {
    await Promise.all([this.#documents.init(), this.#sources.init(), this.#aliases.init()]);
  }

  async findMany(ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    const found = await this.#documents.find({ _id: { $in: [...ids] } }).lean<StoredDocument[]>();
    return new Map(found.map(({ _id, ...rest }) => [_id, { _id, ...rest }]));
  }

  find(id: string): Promise<StoredDocument | null> {
    return this.#documents.findById(id).lean<StoredDocument>().exec();
  }

  /** @returns false when it is there already */
  async insert(document: StoredDocument): Promise<boolean> {
    try {
      await this.#documents.create({ ...document });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /**
   * Adds versions to a document that still has the revision it was read with.
   * @returns false when it has another by now
   */
  async addVersions(
    held: StoredDocument,
    added: readonly DocumentVersion[],
    symbols: readonly string[],
  ): Promise<boolean> {
    const { _id, revision: heldRevision } = held;
    const revision = added.at(-1)?.revision ?? heldRevision;
    const { modifiedCount } = await this.#documents.updateOne(
      { _id, revision: heldRevision },
      { $set: { revision, symbols: [...symbols] }, $push: { versions: { $each: [...added] } } },
    );
    return modifiedCount === 1;
  }

  /** Newest publication first. */
  list(query: DocumentQuery): Promise<readonly StoredDocument[]> {
    return this.#documents
      .find(filterOf(query))
      .sort({ publishedAtMs: -1, _id: -1 })
      .limit(query.limit)
      .lean<StoredDocument[]>()
      .exec();
  }

  count(tenantId: string, source: string): Promise<number> {
    return this.#documents.countDocuments({ tenantId, source }).exec();
  }

  async noteSource(source: StoredSource): Promise<void> {
    const { _id, tenantId, source: name, kind, updatedAtMs } = source;
    await this.#sources.updateOne(
      { _id },
      { $set: { tenantId, source: name, kind }, $max: { updatedAtMs }, $inc: { writes: 1 } },
      { upsert: true },
    );
  }

  async hasSource(tenantId: string, source: string): Promise<boolean> {
    return (await this.#sources.countDocuments({ tenantId, source })) > 0;
  }

  sources(tenantIds: readonly string[]): Promise<readonly StoredSource[]> {
    return this.#sources
      .find({ tenantId: { $in: [...tenantIds] } })
      .lean<StoredSource[]>()
      .exec();
  }

  async aliasesOf(symbol: string): Promise<readonly string[]> {
    const found = await this.#aliases.findById(symbol).lean<StoredAliases>();
    return found?.aliases ?? [];
  }

  async putAliases(symbol: string, aliases: readonly string[]): Promise<void> {
    await this.#aliases.updateOne(
      { _id: symbol },
      { $set: { aliases: [...aliases] } },
      { upsert: true },
    );
  }

  async allAliases(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = await this.#aliases.find({}).lean<StoredAliases[]>();
    return new Map(found.map(({ _id, aliases }) => [_id, aliases]));
  }
}

function filterOf({ tenantId, source, symbol, seriesId, ...query }: DocumentQuery) {
  const { startMs, endMs, asOfMs, after } = query;
  const published = {
    ...(startMs !== undefined && { $gte: startMs }),
    ...(endMs !== undefined && { $lt: endMs }),
  };
  return {
    tenantId,
    source,
    ...(symbol !== undefined && { symbols: symbol }),
    ...(seriesId !== undefined && { seriesId }),
    ...(Object.keys(published).length > 0 && { publishedAtMs: published }),
    ...(asOfMs !== undefined && { firstKnownAtMs: { $lte: asOfMs } }),
    ...(after !== undefined && {
      $or: [
        { publishedAtMs: { $lt: after.atMs } },
        { publishedAtMs: after.atMs, _id: { $lt: after.id } },
      ],
    }),
  };
}

function isDuplicateKey(error: unknown): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, "code") === 11_000;
}
