import { CcxtSymbols } from "../../../../../services/execution/brokers/ccxt-symbols.ts";

describe("a symbol", () => {
  it.each([
    ["spot", "BTC-USDT", "BTC/USDT"],
    ["swap", "BTC-USDT", "BTC/USDT:USDT"],
    ["spot", "XBT", "BTC/EUR"],
    ["swap", "XBT", "BTC/EUR"],
  ])("on a market of type %s is %s here and %s there", (marketType, ours, theirs) => {
    const symbols = new CcxtSymbols({ symbols: { XBT: "BTC/EUR" } }, marketType);
    expect([symbols.theirs(ours), symbols.ours(theirs)]).toEqual([theirs, ours]);
  });

  it("of a contract that settles in something else keeps the venue's name: another has the plain one", () => {
    expect(new CcxtSymbols({}, "swap").ours("BTC/USD:BTC")).toBe("BTC/USD:BTC");
  });
});
