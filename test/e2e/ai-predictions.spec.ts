import { readFile } from "node:fs/promises";
import {
  getPrediction,
  listPredictions,
  predictRows,
  type PredictionView,
} from "../../mixins/rest/routes/predictions.ts";
import type { HttpClient } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { type Mlp, mlpFile, mlpValue } from "../support/onnx-file.ts";
import { alias, imported, IMPORTED, NET } from "./imported.ts";
import { expectProblem } from "./problems.ts";

const OTHER: Mlp = { ...NET, bias: -0.5 };

describe("predictions", () => {
  const node = withNode();
  let hand: HandMarket;
  let client: HttpClient;
  let tenantId: string;
  let modelId: string;
  let day = 0;
  const prices: number[] = [];

  /** The next day of the market; all have heard of it. */
  const play = async (): Promise<void> => {
    const price = Math.round(10_000 + 500 * Math.sin(day * 0.7) + 3 * day) / 100;
    prices.push(price);
    await hand.play({ ACME: price, BOLT: 2 * price });
    day += 1;
  };
  /** What the net says of a day, by hand. */
  const byHand = (net: Mlp, at: number): number => {
    const price = (i: number): number => prices[i] ?? Number.NaN;
    return mlpValue(net, [price(at) / price(at - 1) - 1, price(at) / price(at - 3) - 1]);
  };
  const closeOf = (at: number): string => new Date(FIRST_DAY_MS + (at + 1) * DAY_MS).toISOString();
  const predicted = (input: object = {}): Promise<PredictionView> =>
    client.call(getPrediction, { symbol: "ACME", modelId, ...input });

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    for (const symbol of ["ACME", "BOLT"]) await hand.list(symbol, { calendar: "24x7" });
    for (let i = 0; i < 30; i += 1) await play();
    const trader = await signUp(node(), { role: "trader" });
    ({ client } = trader);
    tenantId = "default";
    ({ modelId } = await imported(client, { ...IMPORTED, name: "net" }, mlpFile(NET)));
    await imported(client, { modelId }, mlpFile(OTHER));
  });

  it("are refused while no version is in production, unless one is named", async () => {
    const asked = await client.ask(getPrediction, { symbol: "ACME", modelId });
    expectProblem(asked, "CONFLICT");
    expectProblem(await client.ask(getPrediction, { symbol: "ACME" }), "NOT_FOUND");
    const first = await predicted({ version: 1 });
    expect(first).toMatchObject({ version: 1, asOf: closeOf(29), isRecorded: true, reason: null });
    expect(first.prediction?.value).toBeCloseTo(byHand(NET, 29), 6);
    expectProblem(
      await client.ask(getPrediction, { symbol: "ACME", modelId, version: 9 }),
      "NOT_FOUND",
    );
  });

  it("are about the bars that have not happened, and the same after they have", async () => {
    await alias(node(), tenantId, modelId, { champion: 1, shadow: [2] });
    await play();
    const before = await predicted();
    expect(before).toMatchObject({
      symbol: "ACME",
      modelId,
      version: 1,
      method: "onnx",
      horizon: 1,
      asOf: closeOf(30),
      for: { start: closeOf(30), end: closeOf(31) },
      isRecorded: true,
      // The days of this market are long past.
      isStale: true,
    });
    expect(before.prediction?.value).toBeCloseTo(byHand(NET, 30), 6);
    expect(Object.keys(before.features)).toEqual(["returns_1", "returns_3"]);
    await play();
    expect(await predicted({ asOf: closeOf(30) })).toEqual(before);
    expect((await predicted()).asOf).toBe(closeOf(31));
    // Nobody had asked on that day: what is said of it now is not put on record.
    const past = await predicted({ asOf: closeOf(20) });
    expect(past).toMatchObject({ asOf: closeOf(20), isRecorded: false });
    expect(past.prediction?.value).toBeCloseTo(byHand(NET, 20), 6);
  });

  it("are recorded as bars close, a shadow's beside the champion's, and scored when the truth is known", async () => {
    const { data } = await client.call(listPredictions, { modelId, order: "asc" });
    const said = data.map(({ asOf, version, role }) => [asOf, version, role]);
    expect(said).toEqual([
      [closeOf(29), 1, "asked"],
      [closeOf(30), 1, "champion"],
      [closeOf(30), 2, "shadow"],
      [closeOf(31), 1, "champion"],
      [closeOf(31), 2, "shadow"],
    ]);
    const [asked, champion, shadow, latest] = data;
    const change = (at: number): number => (prices[at + 1] ?? 0) / (prices[at] ?? 1) - 1;
    expect(asked?.truth).toBeCloseTo(change(29), 12);
    expect(champion?.truth).toBeCloseTo(change(30), 12);
    expect(champion?.loss).toBeCloseTo((change(30) - byHand(NET, 30)) ** 2, 8);
    expect(shadow?.loss).toBeCloseTo((change(30) - byHand(OTHER, 30)) ** 2, 6);
    expect(latest).toMatchObject({ truth: null, loss: null, scoredAt: null });
    const only = async (query: object): Promise<number> =>
      (await client.call(listPredictions, { modelId, ...query })).data.length;
    expect(await only({ shadow: true })).toBe(2);
    expect(await only({ scored: true, shadow: false })).toBe(2);
    expect(await client.all(listPredictions, { modelId }, 2)).toHaveLength(5);
  });

  it("that fell due while nothing ran are scored at the next bar", async () => {
    const { pool } = node().context;
    await pool.query("UPDATE ai.prediction SET truth = NULL, loss = NULL, scored_at = NULL");
    await play();
    const { data } = await client.call(listPredictions, { modelId, scored: false });
    expect(data.map(({ asOf }) => asOf)).toEqual([closeOf(32), closeOf(32)]);
  });

  it("of several models are asked by name, of one without", async () => {
    const alone = await client.call(getPrediction, { symbol: "ACME" });
    expect(alone.modelId).toBe(modelId);
    const other = await imported(client, { ...IMPORTED, name: "other" }, mlpFile(OTHER));
    await alias(node(), tenantId, other.modelId, { champion: 1 });
    expectProblem(await client.ask(getPrediction, { symbol: "ACME" }), "CONFLICT");
    await alias(node(), tenantId, other.modelId, {});
  });

  it("of what the model does not know are refused, naming it", async () => {
    const ask = (input: object) => client.ask(getPrediction, { modelId, symbol: "ACME", ...input });
    expectProblem(await ask({ symbol: "BOLT" }), "VALIDATION_FAILED", ["symbol"]);
    expectProblem(await ask({ horizon: 5 }), "VALIDATION_FAILED", ["horizon"]);
    expectProblem(await ask({ asOf: "2019-01-01" }), "INSUFFICIENT_DATA");
    expectProblem(await ask({ modelId: "none" }), "NOT_FOUND");
  });

  it("of rows of one's own are those of the same net, and are not put on record", async () => {
    const count = async (): Promise<number> =>
      (await client.all(listPredictions, { modelId })).length;
    const before = await count();
    const rows = Array.from({ length: 1_000 }, (_, i) => [i / 1_000, -i / 2_000]);
    const answer = await client.call(predictRows, { symbol: "ACME", modelId, rows });
    if (!("rows" in answer)) throw new Error("expected rows");
    expect(answer.features).toEqual(["returns_1", "returns_3"]);
    for (const [i, row] of rows.entries())
      expect(answer.rows[i]?.prediction?.value).toBeCloseTo(mlpValue(NET, row), 5);
    const holes = await client.call(predictRows, {
      symbol: "ACME",
      modelId,
      rows: [
        [0.1, null],
        [1e300, 0],
        [0, 0],
      ],
    });
    if (!("rows" in holes)) throw new Error("expected rows");
    expect(holes.rows.map(({ reason }) => reason)).toEqual(["MISSING_FEATURE", "NOT_FINITE", null]);
    expect(await count()).toBe(before);
    const wrong = { symbol: "ACME", modelId, rows: [[1, 2], [3]] };
    expectProblem(await client.ask(predictRows, wrong), "VALIDATION_FAILED", ["rows[1]"]);
    const asOf = closeOf(30);
    expectProblem(await client.ask(predictRows, { ...wrong, asOf }), "VALIDATION_FAILED", ["asOf"]);
    expect(await client.call(predictRows, { symbol: "ACME", modelId })).toEqual(await predicted());
  });

  it("of another tenant's model are not there, and whoever reads models may ask", async () => {
    const foreigner = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    const viewer = await signUp(node(), { role: "viewer" });
    const input = { symbol: "ACME", modelId };
    expectProblem(await foreigner.client.ask(getPrediction, input), "NOT_FOUND");
    expectProblem(
      await foreigner.client.ask(predictRows, { ...input, rows: [[1, 2]] }),
      "NOT_FOUND",
    );
    expect((await foreigner.client.call(listPredictions, {})).data).toEqual([]);
    expectProblem(await node().anonymous.ask(getPrediction, input), "UNAUTHENTICATED");
    expect(await viewer.client.call(getPrediction, input)).toEqual(await predicted());
  });

  it("go on after a kill -9 of the process that computes them", async () => {
    const { children = [] } = await childrenOf(process.pid);
    expect(children.length).toBeGreaterThan(0);
    for (const pid of children) process.kill(pid, "SIGKILL");
    await play();
    expect((await predicted()).prediction?.value).toBeCloseTo(byHand(NET, day - 1), 6);
  });

  it("of a model that cannot be used do not stop the market", async () => {
    const { pool } = node().context;
    const broken = await imported(client, { ...IMPORTED, name: "broken" }, mlpFile(NET));
    await alias(node(), tenantId, broken.modelId, { champion: 7 });
    await play();
    expect((await predicted()).asOf).toBe(closeOf(day - 1));
    const { rows } = await pool.query("SELECT 1 FROM ai.prediction WHERE model_id = $1", [
      broken.modelId,
    ]);
    expect(rows).toEqual([]);
    expect(node().errors.splice(0).join()).toContain("has no version 7");
  });
});

/** Processes of ONNX Runtime below this one. */
async function childrenOf(pid: number): Promise<{ readonly children?: readonly number[] }> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const children: number[] = [];
  for (const child of text.split(" ").filter(Boolean)) {
    const command = await readFile(`/proc/${child}/cmdline`, "utf8");
    if (command.includes("onnx/child-main")) children.push(Number(child));
  }
  return { children };
}
