import {
  promoteVersion,
  putAliases,
  rollBackModel,
} from "../../mixins/rest/routes/model-registry.ts";
import { listPredictions } from "../../mixins/rest/routes/predictions.ts";
import type { HttpAnswer, HttpClient } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { type Mlp, mlpFile } from "../support/onnx-file.ts";
import { imported, IMPORTED, NET } from "./imported.ts";
import { expectProblem } from "./problems.ts";

/** Half of today's return, the other way round: the rule of this market. */
const GOOD: Mlp = { ...NET, last: [-0.5, 0], bias: 0.5 };
const BAD: Mlp = { ...NET, last: [0.5, 0], bias: -0.5 };

/** Moments that both were scored at, of which a promotion asks for 60. */
const ENOUGH = 70;

describe("a version that was never validated", () => {
  const node = withNode();
  let hand: HandMarket;
  let client: HttpClient;
  let modelId: string;
  let day = 0;
  let price = 100;
  let change = 0.01;

  /** Days on which half of each move is taken back, and something is added that is no one's to know. */
  const play = async (days: number): Promise<void> => {
    for (let i = 0; i < days; i += 1) {
      change = -0.5 * change + 0.01 * Math.sin(day * 2.3) * Math.cos(day * 0.9);
      price *= 1 + change;
      day += 1;
      await hand.play({ ACME: price.toFixed(4) });
    }
  };
  const promote = (version: number, changes: object = {}): Promise<HttpAnswer> =>
    client.ask(promoteVersion, { modelId, version, stage: "production", ...changes });

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME", { calendar: "24x7" });
    await play(10);
    ({ client } = await signUp(node(), { role: "trader" }));
    ({ modelId } = await imported(client, { ...IMPORTED, name: "net" }, mlpFile(BAD)));
    await imported(client, { modelId }, mlpFile(GOOD));
  });

  it("becomes the champion only by a decision that is on record", async () => {
    expectProblem(await promote(1), "PROMOTION_REFUSED", ["checks.NOT_SCORED"]);
    const forced = await promote(1, { override: true, reason: "the first one" });
    expect(forced.status).toBe(200);
    const said = await client.call(putAliases, { modelId, shadow: [2] });
    expect(said.aliases).toEqual({ champion: 1, challenger: null, shadow: [2] });
  });

  it("is not promoted by a few predictions beside the champion", async () => {
    await play(10);
    expectProblem(await promote(2), "PROMOTION_REFUSED", ["checks.NOT_SCORED"]);
  });

  it("is promoted by what it predicted as a shadow, once that is better by test", async () => {
    await play(ENOUGH - 10 + 1);
    const { data } = await client.call(listPredictions, {
      modelId,
      shadow: true,
      scored: true,
      limit: 500,
    });
    expect(data).toHaveLength(ENOUGH);
    const answer = await promote(2);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      isOverride: false,
      aliases: { champion: 2 },
      checks: [
        { code: "TOO_FEW_COMMON_ROWS", isPassed: true, observed: ENOUGH },
        { code: "NOT_BETTER_THAN_CHAMPION", isPassed: true },
      ],
    });
  });

  it("is not taken back by test, but by moving the alias", async () => {
    expectProblem(await promote(1), "PROMOTION_REFUSED", ["checks.NOT_BETTER_THAN_CHAMPION"]);
    const back = await client.call(rollBackModel, { modelId, reason: "a trial" });
    expect(back.aliases.champion).toBe(1);
  });
});
