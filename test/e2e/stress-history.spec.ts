import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { stressTest } from "../../mixins/rest/routes/risk-stress.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { describeWith, sharedFile } from "../unit/services/data/shared-data.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store, split, dividend } = barsOf(node);

const fileOf = (symbol: string) => `equities_daily_lean/${symbol}.csv.gz`;

/** Raw closes as they were traded. */
async function storeFile(symbol: string, from: string, to: string): Promise<void> {
  await define(symbol);
  const lines = gunzipSync(readFileSync(sharedFile(fileOf(symbol))))
    .toString("utf8")
    .split("\n");
  const bars = lines.flatMap((line) => {
    const [date = "", , , , close = ""] = line.split(",");
    return date >= from && date <= to ? [bar(symbol, date, close)] : [];
  });
  await store(bars);
}

async function changeOf(
  positions: readonly RouteInput[],
  scenario: RouteInput,
  more: RouteInput = {},
) {
  const input = { positions, scenarios: [scenario], ...more };
  const { scenarios } = await node().admin.call(stressTest, input);
  return scenarios[0]?.positions[0];
}

describeWith([fileOf("SPY"), fileOf("AAPL")], "recorded prices replayed", () => {
  it("SPY over Lehman's month loses what its closes say, its dividend added", async () => {
    await storeFile("SPY", "2008-08-01", "2008-12-31");
    await dividend("SPY", "2008-09-19", "0.69101");
    const found = await changeOf([{ symbol: "SPY", value: "1000" }], {
      kind: "historical",
      name: "Lehman month",
    });
    // Closes 125.74 and 90.45; the factors of QuantConnect's file for SPY are 0.7718429 before the dividend, 0.7762926 after.
    const expected = (90.45 * 0.7762926) / (125.74 * 0.7718429) - 1;
    expect(found).toMatchObject({ basis: "stored", changePct: expect.closeTo(expected, 5) });
    expect(expected).toBeCloseTo(-0.2765, 4);
  });

  it("AAPL over its split of seven for one gains what its owner did", async () => {
    await storeFile("AAPL", "2014-05-12", "2014-07-31");
    await split("AAPL", "2014-06-09", "7");
    const range = { kind: "historical", from: "2014-06-02", to: "2014-06-20" };
    const found = await changeOf([{ symbol: "AAPL", value: "-1000" }], range);
    // Closes 628.65 and 90.91.
    expect(Number(found?.change)).toBeCloseTo(-1000 * ((90.91 * 7) / 628.65 - 1), 3);
  });
});

it("a foreign price moves with its stored rate", async () => {
  const terms = { venue: "PAPER", calendar: "24x7", tickSize: "0.01", lotSize: "1" };
  const put = (symbol: string, assetClass: string, currency: string) =>
    node().admin.call(putSymbol, { ...terms, symbol, name: symbol, assetClass, currency });
  await put("EURUSD", "fx", "USD");
  await put("XETRA", "equity", "EUR");
  await store([
    bar("EURUSD", "2020-02-19", "1.08"),
    bar("EURUSD", "2020-03-23", "1.026"),
    bar("XETRA", "2020-02-18", "100"),
    bar("XETRA", "2020-03-20", "70"),
  ]);
  const positions = [{ symbol: "XETRA", value: "1000" }];
  const found = await changeOf(
    positions,
    { kind: "historical", name: "covid-2020" },
    { currency: "USD" },
  );
  // 0.7 × 0.95 of what it was.
  expect(found).toMatchObject({ basis: "stored", change: "-335" });
});
