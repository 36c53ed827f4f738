import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import {
  findPrediction,
  listPending,
  listPredictions,
  type NewPrediction,
  recordPrediction,
  scorePredictions,
} from "../../../models/predictions.ts";
import { createTestDatabase } from "../../support/database.ts";
import type { TestDatabase } from "../../support/database.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2020, 0, 1);

const given: Prediction = {
  isGiven: true,
  value: 0.01,
  probability: null,
  interval: { lower: -0.02, upper: 0.04, coverage: 0.9 },
  novelty: 0.3,
};

const made = (day: number, changes: Partial<NewPrediction> = {}): NewPrediction => ({
  tenantId: "ours",
  modelId: "m",
  version: 1,
  symbol: "ACME",
  timeframe: "1d",
  asOfMs: T0 + day * DAY_MS,
  bars: { startMs: T0 + day * DAY_MS, endMs: T0 + (day + 1) * DAY_MS },
  horizon: 1,
  kind: "regressor",
  role: "champion",
  prediction: given,
  features: { rsi_14: 55.5, sma_200: null },
  madeAtMs: T0 + day * DAY_MS + 5,
  ...changes,
});

describe("predictions on record", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(() => database.pool.query("TRUNCATE ai.prediction"));
  afterAll(() => database.drop());

  it("come back as they were made", async () => {
    const record = await recordPrediction(database.pool, made(1));
    expect(record).toMatchObject({ ...made(1), truth: null, loss: null, scoredAtMs: null });
    expect(await findPrediction(database.pool, made(1))).toEqual(record);
    const none: Prediction = { isGiven: false, reason: "NOVEL_ROW", message: "far away" };
    expect(
      (await recordPrediction(database.pool, made(2, { prediction: none }))).prediction,
    ).toEqual(none);
  });

  it("say one thing of a bar: what was said first", async () => {
    const first = await recordPrediction(database.pool, made(1, { role: "asked" }));
    const again = await recordPrediction(database.pool, {
      ...made(1, { madeAtMs: T0 + 9 * DAY_MS }),
      prediction: { ...given, value: 0.5 },
    });
    // But that it was asked for before its round came.
    expect(again).toEqual({ ...first, role: "champion" });
    const asked = await recordPrediction(database.pool, made(1, { role: "asked" }));
    expect(asked.role).toBe("champion");
  });

  it("are scored once, when their bars are over", async () => {
    const { pool } = database;
    for (const day of [1, 2, 3]) await recordPrediction(pool, made(day));
    const none: Prediction = { isGiven: false, reason: "NOT_FINITE", message: "no number" };
    await recordPrediction(pool, made(0, { prediction: none }));
    await recordPrediction(pool, made(1, { modelId: "n", bars: null, tenantId: "theirs" }));
    const due = (endMs: number) =>
      listPending(pool, { symbol: "ACME", timeframe: "1d", endMs, limit: 10 });
    expect((await due(T0 + 2 * DAY_MS)).map(({ modelId, asOfMs }) => [modelId, asOfMs])).toEqual([
      ["m", T0 + DAY_MS],
      ["n", T0 + DAY_MS],
    ]);
    const [first] = await due(T0 + 2 * DAY_MS);
    const predictionId = first?.predictionId ?? 0;
    await scorePredictions(pool, [{ predictionId, truth: 0.02, loss: 1e-4 }], T0 + 3 * DAY_MS);
    await scorePredictions(pool, [{ predictionId, truth: 9, loss: 9 }], T0 + 4 * DAY_MS);
    expect(await findPrediction(pool, made(1))).toMatchObject({
      truth: 0.02,
      loss: 1e-4,
      scoredAtMs: T0 + 3 * DAY_MS,
    });
    expect(await due(T0 + 9 * DAY_MS)).toHaveLength(3);
  });

  it("are listed in pages, those of one's tenant, by what is asked", async () => {
    const { pool } = database;
    for (const day of [1, 2, 3, 4, 5]) {
      await recordPrediction(pool, made(day));
      await recordPrediction(pool, made(day, { version: 2, role: "shadow" }));
      await recordPrediction(pool, made(day, { modelId: "x", tenantId: "theirs" }));
    }
    const asked = { tenantId: "ours", limit: 3, order: "desc" } as const;
    const found: string[] = [];
    let after = null;
    do {
      const page = await listPredictions(pool, { ...asked, after });
      found.push(...page.data.map(({ asOfMs, version }) => `${(asOfMs - T0) / DAY_MS}/${version}`));
      after = page.next;
    } while (after !== null);
    expect(found).toEqual(["5/2", "5/1", "4/2", "4/1", "3/2", "3/1", "2/2", "2/1", "1/2", "1/1"]);
    const count = async (query: object): Promise<number> =>
      (await listPredictions(pool, { ...asked, limit: 100, ...query })).data.length;
    expect(await count({ isShadow: true })).toBe(5);
    expect(await count({ isShadow: false, sinceMs: T0 + 4 * DAY_MS })).toBe(2);
    expect(await count({ version: 1, untilMs: T0 + 4 * DAY_MS })).toBe(3);
    expect(await count({ symbol: "BOLT" })).toBe(0);
    expect(await count({ isScored: true })).toBe(0);
    expect(await count({ tenantId: "theirs" })).toBe(5);
  });
});
