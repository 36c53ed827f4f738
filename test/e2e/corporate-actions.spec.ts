import * as routes from "../../mixins/rest/routes/corporate-actions.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf, closesOf } from "./stored-bars.ts";

const node = withNode();
const { add, bars, define, dividend, refusedBars, split, store } = barsOf(node);

describe("adjusted bars over REST", () => {
  beforeAll(async () => {
    await define("ADJ");
    await store([
      bar("ADJ", "2024-03-01", "100"),
      bar("ADJ", "2024-03-04", "102"),
      bar("ADJ", "2024-03-05", "51"),
      bar("ADJ", "2024-03-06", "50"),
    ]);
    await split("ADJ", "2024-03-05", "2", { knownAt: "2024-02-20" });
    await dividend("ADJ", "2024-03-06", "0.51", { knownAt: "2024-02-21" });
  });

  it("are as they were traded, in units of the last split, or with dividends given back", async () => {
    const raw = await bars({ symbol: "ADJ" });
    expect(closesOf(raw).map(([, close]) => close)).toEqual(["100", "102", "51", "50"]);
    expect([raw.adjust, raw.adjustment, raw.instrument]).toEqual(["none", null, "ADJ"]);
    const splits = await bars({ symbol: "ADJ", adjust: "splits" });
    expect(closesOf(splits).map(([, close]) => close)).toEqual(["50", "51", "51", "50"]);
    expect(splits.data.map(({ volume }) => volume)).toEqual(["200", "200", "100", "100"]);
    expect(splits.adjustment).toMatchObject({
      splits: 1,
      dividends: 0,
      latestExDate: "2024-03-05",
    });
    // the dividend's factor is 1 − 0.51 / 51 = 0.99, by the stored close
    const all = await bars({ symbol: "ADJ", adjust: "all" });
    expect(closesOf(all).map(([, close]) => close)).toEqual(["49.5", "50.49", "50.49", "50"]);
    expect(all.adjustment).toMatchObject({ splits: 1, dividends: 1, latestExDate: "2024-03-06" });
  });

  it("come in pages that are adjusted alike, forwards and backwards", async () => {
    const page = await bars({ symbol: "ADJ", adjust: "all", limit: 2, order: "desc" });
    expect(closesOf(page).map(([, close]) => close)).toEqual(["50", "50.49"]);
    const cursor = page.nextCursor ?? "";
    const rest = await bars({ symbol: "ADJ", adjust: "all", limit: 2, order: "desc", cursor });
    expect(closesOf(rest).map(([, close]) => close)).toEqual(["50.49", "49.5"]);
  });

  it("of a week with a split in it are made of adjusted days", async () => {
    const { data } = await bars({ symbol: "ADJ", adjust: "splits", timeframe: "1w" });
    expect(data.at(-1)).toMatchObject({
      open: "51",
      high: "51",
      low: "50",
      close: "50",
      volume: "400",
    });
    const raw = await bars({ symbol: "ADJ", timeframe: "1w" });
    expect(raw.data.at(-1)).toMatchObject({ high: "102", low: "50" });
  });

  it("of a stored week that mixes units, without its days, are refused", async () => {
    await define("WEEKLY");
    await store([bar("WEEKLY", "2024-03-04", "102", "1w")]);
    await split("WEEKLY", "2024-03-05", "2");
    const answer = await refusedBars({ symbol: "WEEKLY", timeframe: "1w", adjust: "splits" });
    expectProblem(answer, "INSUFFICIENT_DATA");
    expect((await bars({ symbol: "WEEKLY", timeframe: "1w" })).data).toHaveLength(1);
  });

  it("know an action from the instant on at which it was known and had happened", async () => {
    const at = async (asOf: string) => {
      const found = await bars({ symbol: "PAST", adjust: "all", asOf });
      return closesOf(found).map(([, close]) => close);
    };
    await define("PAST");
    await store([bar("PAST", "2024-03-01", "100")], Date.UTC(2024, 2, 2));
    await store([bar("PAST", "2024-03-05", "51")], Date.UTC(2024, 2, 6));
    await store([bar("PAST", "2024-03-01", "98")], Date.UTC(2024, 2, 8));
    await split("PAST", "2024-03-05", "2", { knownAt: "2024-02-20" });
    await split("PAST", "2024-03-07", "10", { knownAt: "2024-03-09" });
    expect(await at("2024-03-01")).toEqual([]);
    expect(await at("2024-03-04")).toEqual(["100"]);
    expect(await at("2024-03-06T12:00:00Z")).toEqual(["50", "51"]);
    expect(await at("2024-03-08T12:00:00Z")).toEqual(["49", "51"]);
    expect(await at("2024-03-10")).toEqual(["4.9", "5.1"]);
  });

  it("as of an instant are not made of bars of another timeframe", async () => {
    const answer = await refusedBars({ symbol: "PAST", timeframe: "1h", asOf: "2024-03-10" });
    expectProblem(answer, "INSUFFICIENT_DATA");
  });

  it("are refused where a dividend has no close to be related to, and never guessed", async () => {
    await define("HOLE");
    await store([bar("HOLE", "2024-01-02", "10"), bar("HOLE", "2024-06-03", "12")]);
    const { actionId } = await dividend("HOLE", "2024-06-03", "1");
    const answer = await refusedBars({ symbol: "HOLE", adjust: "all" });
    expect(expectProblem(answer, "INSUFFICIENT_DATA").detail).toContain("2024-06-03");
    await node().admin.call(routes.deleteCorporateAction, { symbol: "HOLE", actionId });
    await dividend("HOLE", "2024-06-03", "1", { referencePrice: "12.5" });
    expect(closesOf(await bars({ symbol: "HOLE", adjust: "all" }))[0]).toEqual([
      "2024-01-02",
      "9.2",
    ]);
  });

  it("do not need the close before a dividend that no bar is before", async () => {
    await define("FRESH");
    await store([bar("FRESH", "2024-03-01", "100")]);
    await dividend("FRESH", "2024-03-01", "1");
    const found = await bars({ symbol: "FRESH", adjust: "all" });
    expect(found.data.map(({ close }) => close)).toEqual(["100"]);
    expect(found.adjustment?.dividends).toBe(0);
  });

  it("of an action that is still to come are as they are", async () => {
    await define("SOON");
    await store([bar("SOON", "2024-03-01", "100")]);
    await split("SOON", "9000-01-02", "2");
    expect((await bars({ symbol: "SOON", adjust: "splits" })).data[0]?.close).toBe("100");
  });
});

describe("corporate actions", () => {
  beforeAll(() => define("ACTS"));

  it("are recorded once: the same again is a repeat, another split of the date a conflict", async () => {
    const input = {
      symbol: "ACTS",
      kind: "split",
      exDate: "2020-08-31",
      newUnits: 4,
      oldUnits: "1",
    };
    const first = await add(input);
    const again = await node().admin.ask(routes.addCorporateAction, input);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    expect(JSON.parse(again.text)).toEqual(first);
    const other = await node().admin.ask(routes.addCorporateAction, { ...input, newUnits: "5" });
    expectProblem(other, "CONFLICT");
  });

  it("under one Idempotency-Key have one body", async () => {
    const headers = { "idempotency-key": "acts-1" };
    const input = {
      symbol: "ACTS",
      kind: "dividend",
      exDate: "2021-02-05",
      amount: "0.2",
      currency: "USD",
    };
    const send = (more: RouteInput) =>
      node().admin.ask(routes.addCorporateAction, { ...input, ...more }, headers);
    expect([(await send({})).status, (await send({})).status]).toEqual([201, 201]);
    expectProblem(await send({ amount: "0.3" }), "IDEMPOTENCY_KEY_REUSED");
  });

  it("take what their kind says and nothing else", async () => {
    const refused = async (input: RouteInput, field: string) => {
      const answer = await node().admin.ask(routes.addCorporateAction, {
        symbol: "ACTS",
        ...input,
      });
      expectProblem(answer, "VALIDATION_FAILED", [field]);
    };
    const base = { kind: "split", exDate: "2020-01-02", newUnits: "2", oldUnits: "1" };
    await refused({ ...base, amount: "1" }, "amount");
    await refused({ kind: "split", exDate: "2020-01-02", newUnits: "2" }, "oldUnits");
    await refused({ ...base, exDate: "2020-02-30" }, "exDate");
    await refused({ ...base, newUnits: "0" }, "newUnits");
  });

  it("are listed by ex-date in pages, and as they were believed before they were deleted", async () => {
    const first = await dividend("ACTS", "2019-02-01", "0.1", { knownAt: "2019-01-01" });
    const list = (more: RouteInput = {}) =>
      node().admin.call(routes.listCorporateActions, { symbol: "ACTS", ...more });
    const { data, nextCursor } = await list({ limit: 1 });
    expect(data).toEqual([first]);
    const rest = await list({ cursor: nextCursor });
    expect(rest.data.map(({ exDate }) => exDate)).toEqual(["2020-08-31", "2021-02-05"]);
    const { actionId } = first;
    await node().admin.call(routes.deleteCorporateAction, { symbol: "ACTS", actionId });
    const again = await node().admin.ask(routes.deleteCorporateAction, {
      symbol: "ACTS",
      actionId,
    });
    expectProblem(again, "NOT_FOUND");
    expect((await list({ start: "2019-01-01", end: "2020-01-01" })).data).toEqual([]);
    expect((await list({ asOf: "2019-06-01" })).data).toEqual([first]);
  });

  it("belong to an instrument that is described", async () => {
    const answer = await node().admin.ask(routes.addCorporateAction, {
      symbol: "NOBODY",
      kind: "split",
      exDate: "2020-01-02",
      newUnits: "2",
      oldUnits: "1",
    });
    expectProblem(answer, "NOT_FOUND");
  });
});

describe("tickers that change hands", () => {
  const put = (symbol: string, listings: readonly RouteInput[]) =>
    node().admin.ask(routes.putListings, { symbol, listings });

  beforeAll(async () => {
    await define("NEW");
    await store([
      bar("NEW", "2003-05-01", "7"),
      bar("NEW", "2012-05-17", "8"),
      bar("NEW", "2012-05-21", "34"),
      bar("FORMER", "2012-05-18", "38"),
    ]);
    await put("NEW", [
      { ticker: "FORMER", from: "2012-05-18", until: "2012-05-18" },
      { ticker: "NEW", from: "2012-05-19" },
    ]);
  });

  it("show the bars of today's holder, under its former ticker too, and no other's", async () => {
    expect(closesOf(await bars({ symbol: "NEW" }))).toEqual([
      ["2012-05-18", "38"],
      ["2012-05-21", "34"],
    ]);
    const last = await bars({ symbol: "NEW", order: "desc", limit: 1 });
    expect(closesOf(last)).toEqual([["2012-05-21", "34"]]);
  });

  it("show the former holder's on a day of it, and say that nobody knows who it was", async () => {
    const found = await bars({ symbol: "NEW", on: "2005-01-03" });
    expect([found.instrument, closesOf(found)]).toEqual([
      null,
      [
        ["2003-05-01", "7"],
        ["2012-05-17", "8"],
      ],
    ]);
    expectProblem(
      await refusedBars({ symbol: "NEW", on: "2005-01-03", adjust: "splits" }),
      "INSUFFICIENT_DATA",
    );
  });

  it("never mix two companies in one week or month", async () => {
    const weeks = await bars({ symbol: "NEW", timeframe: "1w" });
    expect(closesOf(weeks)).toEqual([
      ["2012-05-14", "38"],
      ["2012-05-21", "34"],
    ]);
    const months = await bars({ symbol: "NEW", timeframe: "1mo", on: "2012-05-01" });
    expect(closesOf(months)).toEqual([
      ["2003-05-01", "7"],
      ["2012-05-01", "8"],
    ]);
  });

  it("lead from a former ticker to its instrument on a day, and to nothing today", async () => {
    expectProblem(await refusedBars({ symbol: "FORMER" }), "NOT_FOUND");
    const found = await bars({ symbol: "FORMER", on: "2012-05-18" });
    expect([found.instrument, found.data.length]).toEqual(["NEW", 2]);
  });

  it("are refused where they overlap, or are another instrument's", async () => {
    await define("OTHER");
    const overlapping = [
      { ticker: "OTHER", from: "2010-01-04" },
      { ticker: "OTHER.OLD", from: "2000-01-03", until: "2010-01-04" },
    ];
    expectProblem(await put("OTHER", overlapping), "VALIDATION_FAILED", ["listings"]);
    expectProblem(await put("OTHER", [{ ticker: "NEW", from: "2020-01-02" }]), "CONFLICT");
    await define("WHOLE");
    expectProblem(await put("OTHER", [{ ticker: "WHOLE", from: "2020-01-02" }]), "CONFLICT");
    expectProblem(
      await put("OTHER", [{ ticker: "OTHER", from: "2010-02-30" }]),
      "VALIDATION_FAILED",
      ["listings[0].from"],
    );
  });
});
