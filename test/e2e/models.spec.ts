import { SPX } from "../../services/data/feeds/sp500.ts";
import {
  getAliases,
  promoteVersion,
  putAliases,
  rollBackModel,
} from "../../mixins/rest/routes/model-registry.ts";
import {
  deleteSchedule,
  putSchedule,
  retrainVersion,
  searchModel,
  trainModel,
} from "../../mixins/rest/routes/model-training.ts";
import { getDrift, getImportance } from "../../mixins/rest/routes/model-insight.ts";
import {
  archiveModel,
  createModel,
  getModel,
  getVersion,
  listAlgorithms,
  listModels,
  listVersions,
  updateModel,
} from "../../mixins/rest/routes/models.ts";
import { isRecord } from "../../mixins/rest/schema.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { defined, ended, HAR, sp500Bars, trained } from "./ai-desk.ts";
import { expectProblem } from "./problems.ts";
import { barsOf } from "./stored-bars.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";

const node = withNode({ env: { COMPUTE_THREADS: "2" } });
const { store } = barsOf(node);
const admin = () => node().admin;

/** Ten years, and what came after them in four steps. */
const bars = sp500Bars(2005);
const [before, after] = [bars.slice(0, -40), bars.slice(-40)];

beforeAll(async () => {
  await admin().call(putSymbol, { ...SPX });
  await store(before);
});

describe("a model over REST", () => {
  it("is defined, found, changed and archived, and is its tenant's alone", async () => {
    const first = await admin().call(createModel, { ...HAR, name: "mine" });
    expect(first).toMatchObject({
      ...HAR,
      target: { kind: "volatility", horizon: 1, measure: "parkinson" },
      aliases: { champion: null, challenger: null, shadow: [] },
      schedule: null,
      isArchived: false,
    });
    const { modelId } = first;
    const again = await admin().ask(createModel, { ...HAR, name: "mine" });
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    const other = { ...HAR, name: "mine", algorithm: "ewma" };
    expectProblem(await admin().ask(createModel, other), "CONFLICT");
    const changed = await admin().call(updateModel, { modelId, algorithm: "ewma" });
    expect(changed.parameters).toEqual({ lambda: 0.94 });
    const wrong = { modelId, parameters: { lambda: 2 } };
    expectProblem(await admin().ask(updateModel, wrong), "VALIDATION_FAILED", [
      "parameters.lambda",
    ]);
    expect((await admin().all(listModels, { symbol: "SPX" })).map(({ name }) => name)).toContain(
      "mine",
    );
    const foreigner = (await signUp(node(), { role: "trader", tenantId: "elsewhere" })).client;
    expect(await foreigner.all(listModels)).toEqual([]);
    for (const route of [getModel, listVersions, getImportance, getDrift, getAliases, archiveModel])
      expectProblem(await foreigner.ask(route, { modelId }), "NOT_FOUND");
    for (const route of [trainModel, rollBackModel, deleteSchedule])
      expectProblem(await foreigner.ask(route, { modelId }), "NOT_FOUND");
    await admin().call(archiveModel, { modelId });
    await admin().call(archiveModel, { modelId });
    expect((await admin().call(getModel, { modelId })).isArchived).toBe(true);
    expectProblem(await admin().ask(trainModel, { modelId }), "CONFLICT");
    // Its name is free.
    await admin().call(createModel, other);
  });

  it("is refused with every field that is wrong", async () => {
    const wrong = {
      ...HAR,
      name: "wrong",
      kind: "classifier",
      symbols: ["SPX", "SPX", "NOWHERE"],
      parameters: { depth: 3 },
    };
    expectProblem(await admin().ask(createModel, wrong), "VALIDATION_FAILED", [
      "kind",
      "target.kind",
      "parameters.depth",
      "symbols",
      "symbols[2]",
    ]);
    const unknown = { ...HAR, name: "wrong", algorithm: "oracle" };
    expectProblem(await admin().ask(createModel, unknown), "VALIDATION_FAILED", ["algorithm"]);
    const feature = { ...HAR, name: "wrong", features: ["sma_20", "moonphase_3"] };
    expectProblem(await admin().ask(createModel, feature), "FEATURE_UNKNOWN");
  });

  it("may be made of what the list of algorithms says", async () => {
    const { data } = await admin().call(listAlgorithms);
    const ewma = data.find(({ name }) => name === "ewma");
    expect(ewma).toMatchObject({
      kinds: ["forecaster"],
      parameters: [{ name: "lambda", type: "number", min: 0.01, max: 0.9999, default: 0.94 }],
    });
  });
});

describe("a training on the S&P 500", () => {
  let modelId = "";
  beforeAll(async () => {
    modelId = await defined(admin(), { ...HAR, name: "vol" });
  });

  it("makes a version with its scores, baselines and lineage, the same again by the same seed", async () => {
    const asked = { modelId, seed: 5, end: "2019-01-01T00:00:00.000Z" };
    const first = await trained(admin(), asked);
    expect(first).toMatchObject({
      version: 1,
      origin: "trained",
      seed: 5,
      stage: null,
      parent: null,
    });
    expect(first.report?.folds).toHaveLength(5);
    expect(first.report?.outOfSample.metrics["qlike"]).toBeGreaterThan(0.2);
    expect(first.report?.outOfSample.metrics["qlike"]).toBeLessThan(0.6);
    expect(first.report?.outOfSample.estimates["qlike"]).toBeDefined();
    expect(first.report?.baselines.map(({ name }) => name)).toContain("ewma");
    expect(first.data?.rows).toBeGreaterThan(3_000);
    expect(Object.keys(first.libraries).toSorted()).toEqual(["node", "v8"]);
    const second = await trained(admin(), { ...asked, asChallenger: true });
    expect(second.artifact).toEqual(first.artifact);
    expect(second.data?.sha256).toBe(first.data?.sha256);
    expect([second.version, second.stage]).toEqual([2, "staging"]);
    expect(await admin().call(getVersion, { modelId, version: 1 })).toEqual(first);
    const versions = await admin().all(listVersions, { modelId }, 1);
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
  });

  it("from a version's lineage gives the same artefact, though bars have come since", async () => {
    await store(after.slice(0, 10), Date.now());
    const job = await ended(admin(), await admin().call(retrainVersion, { modelId, version: 1 }));
    expect(job).toMatchObject({ status: "succeeded", result: { version: 1, isSame: true } });
  });

  it("with folds that know one class only is made without them, searched and made again", async () => {
    // No day rose by more than 2 % before June 2006.
    const range = { start: "2005-01-01T00:00:00.000Z", end: "2010-01-01T00:00:00.000Z" };
    const rare = await defined(admin(), {
      name: "rare",
      kind: "classifier",
      algorithm: "logistic",
      symbols: ["SPX"],
      timeframe: "1d",
      features: ["returns_1", "rsi_14"],
      target: { kind: "direction", horizon: 1, threshold: 0.02 },
    });
    const version = await trained(admin(), { modelId: rare, seed: 5, ...range });
    expect(version.report?.skippedFolds).toBe(1);
    expect(version.report?.folds).toHaveLength(4);
    expect(version.report?.notes).toContain(
      "1 of 5 folds were left out: all rows to learn from had one class",
    );
    const again = await admin().call(retrainVersion, { modelId: rare, version: 1 });
    expect(await ended(admin(), again)).toMatchObject({ result: { isSame: true } });
    const search = {
      modelId: rare,
      seed: 5,
      method: "grid",
      space: { lambda: { values: [0.1, 1] } },
      ...range,
    };
    const searched = await ended(admin(), await admin().call(searchModel, search));
    expect(searched).toMatchObject({ status: "succeeded", result: { version: 2 } });
    const quiet = { ...range, end: "2006-01-01T00:00:00.000Z" };
    const none = await ended(admin(), await admin().call(trainModel, { modelId: rare, ...quiet }));
    expect([none.status, none.error?.code]).toEqual(["failed", "CONSTANT_TARGET"]);
    const late = { ...range, end: "2006-09-01T00:00:00.000Z" };
    const few = await ended(admin(), await admin().call(trainModel, { modelId: rare, ...late }));
    expect(few.error).toMatchObject({
      code: "CONSTANT_TARGET",
      message: expect.stringContaining("of 5 folds all rows to learn from have one label"),
    });
  });

  it("asked for twice under one key is one job", async () => {
    const headers = { "idempotency-key": "once" };
    const first = await admin().call(trainModel, { modelId, seed: 1 }, headers);
    const second = await admin().call(trainModel, { modelId, seed: 1 }, headers);
    expect(second.jobId).toBe(first.jobId);
    const other = await admin().ask(trainModel, { modelId, seed: 2 }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
    await ended(admin(), first);
  });

  it("is refused shuffled folds where labels overlap", async () => {
    const far = { ...HAR, name: "far", target: { kind: "volatility", horizon: 21 } };
    const input = {
      modelId: await defined(admin(), far),
      validation: { scheme: "shuffledKFold", folds: 5 },
    };
    const refused = expectProblem(await admin().ask(trainModel, input), "VALIDATION_FAILED", [
      "validation.scheme",
    ]);
    expect(refused.detail).toContain("LABELS_OVERLAP");
  });
});

describe("a promotion", () => {
  let modelId = "";
  const promote = (input: RouteInput) =>
    admin().call(promoteVersion, { modelId, stage: "production", ...input });

  beforeAll(async () => {
    modelId = await defined(admin(), { ...HAR, name: "promoted" });
    // 1: tomorrow as today; 2: HAR.
    await admin().call(updateModel, { modelId, algorithm: "persistence" });
    await trained(admin(), { modelId, seed: 1 });
    await admin().call(updateModel, { modelId, algorithm: "har" });
    await trained(admin(), { modelId, seed: 1 });
  });

  it("of a version that is no better than the baselines is refused, check by check, unless overridden", async () => {
    const asked = { modelId, version: 1, stage: "production" };
    const refused = await admin().ask(promoteVersion, asked);
    const problem = expectProblem(refused, "PROMOTION_REFUSED", [
      "checks.NOT_BETTER_THAN_BASELINE",
    ]);
    expect(problem.detail).toContain("ewma");
    expectProblem(
      await admin().ask(promoteVersion, { ...asked, override: true }),
      "VALIDATION_FAILED",
      ["reason"],
    );
    const forced = await promote({ version: 1, override: true, reason: "to begin with" });
    expect(forced).toMatchObject({ isDone: true, isOverride: true, aliases: { champion: 1 } });
  });

  it("of one that is better by test is done, and taken back by moving the alias", async () => {
    const tried = await promote({ version: 2, dryRun: true });
    expect(tried).toMatchObject({ isDone: false, aliases: { champion: 1 } });
    expect(tried.checks.every(({ isPassed }) => isPassed)).toBe(true);
    const key = { "idempotency-key": "forth" };
    const asked = { modelId, version: 2, stage: "production" };
    const done = await admin().call(promoteVersion, asked, key);
    expect(done).toMatchObject({ isOverride: false, aliases: { champion: 2 } });
    expect(await admin().call(promoteVersion, asked, key)).toEqual(done);
    const other = await admin().ask(promoteVersion, { ...asked, version: 1 }, key);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
    // What was the champion is not better than this one.
    const back = await admin().ask(promoteVersion, { modelId, version: 1, stage: "production" });
    expectProblem(back, "PROMOTION_REFUSED", ["checks.NOT_BETTER_THAN_CHAMPION"]);
    const backKey = { "idempotency-key": "back" };
    for (const _ of [1, 2])
      expect(
        (await admin().call(rollBackModel, { modelId, reason: "a trial" }, backKey)).aliases
          .champion,
      ).toBe(1);
    expectProblem(await admin().ask(rollBackModel, { modelId }), "CONFLICT");
    const { data } = await admin().call(getAliases, { modelId });
    expect(data.map(({ action, after: { champion } }) => [action, champion])).toEqual([
      ["rollback", 1],
      ["promote", 2],
      ["promote", 1],
    ]);
    expect(data.at(-1)).toMatchObject({ isOverride: true, reason: "to begin with" });
  });

  it("challenger and shadows are said, and an archived version is nothing of it", async () => {
    const said = await admin().call(putAliases, { modelId, challenger: 2, shadow: [2] });
    expect(said.aliases).toEqual({ champion: 1, challenger: 2, shadow: [2] });
    expectProblem(await admin().ask(putAliases, { modelId, shadow: [1] }), "CONFLICT");
    expectProblem(await admin().ask(putAliases, { modelId, shadow: [9] }), "NOT_FOUND");
    const archived = await promote({ version: 2, stage: "archived" });
    expect(archived.aliases).toEqual({ champion: 1, challenger: null, shadow: [] });
    expectProblem(await admin().ask(putAliases, { modelId, shadow: [2] }), "CONFLICT");
    expectProblem(
      await admin().ask(promoteVersion, { modelId, version: 1, stage: "archived" }),
      "CONFLICT",
    );
  });

  it("only who may promote promotes", async () => {
    const { client } = await signUp(node(), { role: "risk_manager" });
    expectProblem(
      await client.ask(promoteVersion, { modelId, version: 1, stage: "staging" }),
      "FORBIDDEN",
    );
  });
});

describe("a search", () => {
  it("tries what it is told on the older rows, and makes a version of the best with all that was tried", async () => {
    const modelId = await defined(admin(), { ...HAR, name: "searched", algorithm: "ewma" });
    const asked = {
      modelId,
      method: "halving",
      space: { lambda: { min: 0.5, max: 0.99 } },
      trials: 9,
      rungs: 2,
      seed: 3,
    };
    const [first, second] = [await searched(asked), await searched(asked)];
    expect(first).toMatchObject({
      trials: 9,
      method: "halving",
      holdout: { rows: expect.any(Number) },
    });
    expect(first["tried"]).toHaveLength(9);
    expect(first["holdout"]).toMatchObject({ loss: expect.any(Number) });
    expect(second).toEqual(first);
    const tried = Array.isArray(first["tried"]) ? first["tried"].filter(isRecord) : [];
    expect(tried.filter(({ runs }) => Array.isArray(runs) && runs.length === 2)).toHaveLength(3);
  });

  it("is refused a space that the algorithm does not know, or that is too large", async () => {
    const modelId = await defined(admin(), { ...HAR, name: "wide", algorithm: "ewma" });
    const search = (input: RouteInput) =>
      admin().ask(searchModel, { modelId, method: "grid", ...input });
    for (const [space, path] of [
      [{ depth: { min: 1, max: 2 } }, "space.depth"],
      [{ lambda: { min: 0, max: 2 } }, "space.lambda"],
      [{ lambda: { min: 0.9, max: 0.5 } }, "space.lambda"],
      [{ lambda: { values: [0.5, "much"] } }, "space.lambda"],
      [{ lambda: {} }, "space.lambda"],
      [{}, "space"],
    ] as const)
      expectProblem(await search({ space }), "VALIDATION_FAILED", [path]);
  });

  async function searched(input: RouteInput) {
    const job = await ended(admin(), await admin().call(searchModel, input));
    const { note } = isRecord(job.result) ? job.result : {};
    const search = isRecord(note) ? note["search"] : null;
    if (!isRecord(search)) throw new Error(`expected a search, found ${JSON.stringify(job)}`);
    return search;
  }
});

describe("a schedule", () => {
  it("trains after so many bars, and the new version becomes the challenger", async () => {
    const modelId = await defined(admin(), { ...HAR, name: "scheduled", algorithm: "ewma" });
    const set = await admin().call(putSchedule, { modelId, bars: 5, training: { seed: 9 } });
    expect(set.schedule).toMatchObject({ bars: 5, hours: null, next: null });
    await store(after.slice(10, 15), Date.now());
    const model = await eventually(
      "a scheduled training",
      async () => {
        const now = await admin().call(getModel, { modelId });
        return now.aliases.challenger === null ? null : now;
      },
      60_000,
    );
    expect(model.aliases.challenger).toBe(1);
    const version = await admin().call(getVersion, { modelId, version: 1 });
    expect(version.seed).toBe(9);
    const { data } = await admin().call(getAliases, { modelId });
    expect(data).toMatchObject([{ action: "trained", userId: null }]);
    expect((await admin().call(deleteSchedule, { modelId })).schedule).toBeNull();
    expectProblem(await admin().ask(putSchedule, { modelId }), "VALIDATION_FAILED", ["bars"]);
  });
});

describe("drift and importance", () => {
  it("say of each feature how far it is from what was learnt, and what it is worth", async () => {
    const asked = {
      name: "drifting",
      kind: "regressor",
      algorithm: "boosting",
      symbols: ["SPX"],
      timeframe: "1d",
      features: ["returns_1", "rsi_14"],
      target: { kind: "return", horizon: 1 },
    };
    const modelId = await defined(admin(), asked);
    const version = await trained(admin(), { modelId, seed: 2, end: "2017-01-01" });
    const importance = await admin().call(getImportance, { modelId });
    expect(Object.keys(importance.permutation ?? {})).toEqual(
      version.report && ["returns_1", "rsi_14"],
    );
    const drift = await admin().call(getDrift, { modelId, window: 63 });
    expect(drift.features.map(({ feature }) => feature)).toEqual(["returns_1", "rsi_14"]);
    expect(drift).toMatchObject({ version: 1, sampleSize: 63, scored: 0, performance: null });
    for (const { psi, limit } of drift.features) expect(psi + limit).toBeGreaterThan(0);
  });
});
