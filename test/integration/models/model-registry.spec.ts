import { createHash } from "node:crypto";
import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import type { TrainingReport } from "../../../domain/ai/training/terms.ts";
import { openDocuments, type Documents } from "../../../models/documents/connect.ts";
import {
  ArtifactBroken,
  ModelRegistry,
  type NewVersion,
  type StoredModel,
} from "../../../models/model-registry.ts";
import { withDatabase } from "../../support/database.ts";

const definition: ModelDefinition = {
  kind: "regressor",
  algorithm: "ridge",
  symbols: ["SPX"],
  timeframe: "1d",
  features: ["sma_20"],
  target: { kind: "return", horizon: 1 },
  parameters: { "a.dotted": 1, $odd: [1, null] },
  adjust: "none",
};

const model = (name: string): StoredModel => ({
  modelId: `id-of-${name}`,
  tenantId: "t",
  ownerId: "u",
  name,
  description: "",
  definition,
  aliases: { champion: null, challenger: null, shadow: [] },
  schedule: null,
  isArchived: false,
  createdAtMs: 1,
  updatedAtMs: 1,
  revision: 0,
});

const report: TrainingReport = {
  rows: { total: 3, labelled: 2, tested: 1 },
  folds: [],
  skippedFolds: 1,
  outOfSample: { metrics: { rmse: 1 }, estimates: {}, coverage: null, trading: null },
  baselines: [],
  importance: { gain: null, permutation: null },
  reference: { "rsi_14.x": { edges: [1, 2], shares: [0.5, 0.5], paths: ["0101"] } },
  scored: { closeMs: [1], symbol: [0], loss: [2], prediction: [3], truth: [4], forwardReturn: [5] },
  notes: [],
};

const made = (modelId: string, madeBy: string): NewVersion => ({
  modelId,
  tenantId: "t",
  madeBy,
  format: "native",
  lineage: {
    origin: "trained",
    definition,
    data: null,
    terms: {},
    libraries: {},
    code: "1",
    parent: null,
  },
  report,
  note: null,
  createdAtMs: 2,
});

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the registry of models", () => {
  const database = withDatabase();
  let documents: Documents;
  let registry: ModelRegistry;

  beforeAll(async () => {
    documents = await openDocuments(
      { pool: database.pool },
      { onError: () => undefined, expireEveryMs: null },
    );
    registry = new ModelRegistry(documents.connection);
    await registry.ready();
  });
  afterAll(() => documents.close());

  it("gives back what was stored, and one name of a tenant once", async () => {
    const stored = model("kept");
    expect(await registry.insertModel(stored)).toBe(true);
    expect(await registry.insertModel({ ...stored, modelId: "another" })).toBe(false);
    expect(await registry.findModel("t", stored.modelId)).toEqual(stored);
    expect(await registry.findModelByName("t", "kept")).toEqual(stored);
    expect(await registry.findModel("other", stored.modelId)).toBeNull();
    const archived = await registry.updateModel(stored, { isArchived: true }, 5);
    expect(archived).toMatchObject({ isArchived: true, revision: 1 });
    expect(await registry.insertModel({ ...stored, modelId: "another" })).toBe(true);
  });

  it("refuses a change of what another has changed", async () => {
    const stored = model("raced");
    await registry.insertModel(stored);
    const [a, b] = await Promise.all([
      registry.updateModel(stored, { description: "a" }, 5),
      registry.updateModel(stored, { description: "b" }, 5),
    ]);
    expect([a, b].filter((one) => one === null)).toHaveLength(1);
    const now = await registry.findModel("t", stored.modelId);
    if (now === null) throw new Error("expected the model");
    expect(await registry.updateModel(now, { name: "kept" }, 6)).toBe("taken");
  });

  it("numbers versions 1 to n without gaps from many writers at once, one for each maker", async () => {
    await registry.insertModel(model("many"));
    const writers = Array.from({ length: 24 }, (_, i) =>
      registry.insertVersion(made("id-of-many", `job-${i % 12}`), bytes(`artefact ${i % 12}`)),
    );
    const outcomes = await Promise.all(writers);
    expect(outcomes.filter(({ isNew }) => isNew)).toHaveLength(12);
    const versions = await registry.listVersions("t", "id-of-many", { limit: 100 });
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 12 }, (_, i) => 12 - i),
    );
    const [newest] = versions;
    if (newest === undefined) throw new Error("expected versions");
    const { scored, reference, ...rest } = report;
    expect(await registry.readEvidence(newest)).toEqual({ scored, reference });
    expect(newest.report).toEqual(rest);
    expect(await registry.findVersion("other", "id-of-many", 1)).toBeNull();
  });

  it("keeps an artefact of several chunks, and refuses one that was changed or lost a part", async () => {
    const large = new Uint8Array(2_500_000).map((_, i) => (i * 31) % 251);
    await registry.insertModel(model("large"));
    const { version } = await registry.insertVersion(made("id-of-large", "job"), large);
    const { artifactSha256 } = version;
    expect(Buffer.compare((await registry.readArtifact(artifactSha256)) ?? bytes(""), large)).toBe(
      0,
    );
    expect(await registry.readArtifact("0".repeat(64))).toBeNull();
    const chunks = documents.connection.model("AiArtifact");
    const middle = { _id: `${artifactSha256}/1` };
    await chunks.updateOne(middle, { $set: { bytes: Buffer.from("else") } });
    await expect(registry.readArtifact(artifactSha256)).rejects.toThrow(ArtifactBroken);
    await chunks.deleteOne(middle);
    await expect(registry.readArtifact(artifactSha256)).rejects.toThrow(ArtifactBroken);
    // Trained again, it is whole again.
    await registry.insertVersion(made("id-of-large", "job again"), large);
    expect(await registry.readArtifact(artifactSha256)).toHaveLength(2_500_000);
  });

  it("writes an artefact again in the pieces that it was stored in", async () => {
    const large = new Uint8Array(2_500_000).map((_, i) => (i * 17) % 241);
    const sha256 = createHash("sha256").update(large).digest("hex");
    const chunks = documents.connection.model("AiArtifact");
    // As it was stored when a piece had 1 MiB; the last one has been lost.
    for (const number of [0, 1]) {
      const part = Buffer.from(large.subarray(number * 1_048_576, (number + 1) * 1_048_576));
      await chunks.create({ _id: `${sha256}/${number}`, sha256, number, count: 3, bytes: part });
    }
    await expect(registry.readArtifact(sha256)).rejects.toThrow("expected 3 chunks, found 2");
    await registry.insertVersion(made("id-of-large", "a third job"), large);
    expect(await chunks.countDocuments({ sha256 })).toBe(3);
    expect(Buffer.compare((await registry.readArtifact(sha256)) ?? bytes(""), large)).toBe(0);
  });

  it("moves aliases once for each revision, with the history in the same write", async () => {
    const stored = model("moved");
    await registry.insertModel(stored);
    const move = (champion: number) =>
      ({
        atMs: 9,
        userId: "u",
        action: "promote",
        before: stored.aliases,
        after: { champion, challenger: null, shadow: [] },
        reason: null,
        isOverride: false,
        requestKey: null,
        checks: [],
      }) as const;
    const outcomes = await Promise.all([1, 2, 3].map((n) => registry.moveAliases(stored, move(n))));
    const won = outcomes.flatMap((one) => (one === null ? [] : [one]));
    expect(won).toHaveLength(1);
    expect(await registry.aliasMoves("t", stored.modelId)).toEqual([
      move(won[0]?.aliases.champion ?? 0),
    ]);
    expect((await registry.listServed("SPX", "1d")).map(({ name }) => name)).toEqual(["moved"]);
    expect(await registry.listServed("SPX", "1h")).toEqual([]);
  });

  it("lists a tenant's models by name, page by page", async () => {
    const page = await registry.listModels({ tenantId: "t", all: false, limit: 2 });
    const last = page.at(-1);
    if (last === undefined) throw new Error("expected models");
    const { name, modelId } = last;
    const rest = await registry.listModels({
      tenantId: "t",
      all: false,
      after: { name, modelId },
      limit: 10,
    });
    expect([...page, ...rest].map((one) => one.name)).toEqual([
      "kept",
      "large",
      "many",
      "moved",
      "raced",
    ]);
    expect(
      await registry.listModels({ tenantId: "t", all: true, symbol: "NONE", limit: 10 }),
    ).toEqual([]);
  });
});
