import type { PriceSeries } from "../../../../domain/risk/history/align.ts";
import { withNode } from "../../../support/node.ts";
import { bar, barsOf } from "../../../e2e/stored-bars.ts";

const node = withNode();
const { define, dividend, split, store } = barsOf(node);

type Found = PriceSeries | { readonly symbol: string; readonly problem: string };

const daily = (symbols: readonly string[], more: object = {}) =>
  node().context.broker.call<readonly Found[], unknown>("closes.daily", { symbols, ...more });

async function closesOf(symbol: string, more: object = {}): Promise<readonly number[]> {
  const [found] = await daily([symbol], more);
  if (found === undefined || "problem" in found) throw new Error(found?.problem ?? "no answer");
  return found.closes;
}

const days = (symbol: string, closes: readonly string[]) =>
  closes.map((close, i) => bar(symbol, `2021-03-0${i + 1}`, close));

describe("daily closes for those who measure risk", () => {
  it("are adjusted for splits and dividends, and told anew when bars or actions change", async () => {
    await define("CLA");
    await store(days("CLA", ["100", "100", "50", "49"]));
    expect(await closesOf("CLA")).toEqual([100, 100, 50, 49]);
    await split("CLA", "2021-03-03", "2");
    expect(await closesOf("CLA")).toEqual([50, 50, 50, 49]);
    await dividend("CLA", "2021-03-04", "1");
    expect(await closesOf("CLA")).toEqual([49, 49, 49, 49]);
    await store([bar("CLA", "2021-03-05", "52")]);
    expect(await closesOf("CLA")).toEqual([49, 49, 49, 49, 52]);
    // A revision of a bar in the middle.
    await store([bar("CLA", "2021-03-04", "98")], Date.UTC(2022, 1));
    expect((await closesOf("CLA")).slice(-2)).toEqual([98, 52]);
  });

  it("are cut to a range or to the newest, and kept apart by symbol", async () => {
    await define("CLB");
    await store(days("CLB", ["1", "2", "3", "4"]));
    expect(await closesOf("CLB", { count: 2 })).toEqual([3, 4]);
    const startMs = Date.UTC(2021, 2, 2);
    expect(await closesOf("CLB", { startMs, endMs: startMs + 2 * 86_400_000 })).toEqual([2, 3]);
    const found = await daily(["CLB", "CLA", "CLB"]);
    expect(found.map(({ symbol }) => symbol)).toEqual(["CLB", "CLA", "CLB"]);
  });

  it("say of a symbol without any what is in the way", async () => {
    await define("CLC");
    const found = await daily(["CLC", "NOBODY"]);
    expect(found).toEqual([
      { symbol: "CLC", problem: "no daily bars of CLC are stored" },
      { symbol: "NOBODY", problem: "there is no symbol NOBODY" },
    ]);
  });
});
