import { SymbolLinker } from "../../../../domain/alternative/link-symbols.ts";

const instrument = (symbol: string, name: string, ...aliases: string[]) => ({
  symbol,
  name,
  aliases,
});
const linker = new SymbolLinker([
  instrument("AAPL", "Apple Inc."),
  instrument("GPS", "The Gap, Inc."),
  instrument("TGT", "Target Corporation"),
  instrument("GOOG", "Alphabet Inc. Class C", "Google"),
  instrument("BRK.B", "Berkshire Hathaway Inc. Class B"),
  instrument("A", "Agilent Technologies, Inc."),
  instrument("F", "Ford Motor Company"),
  instrument("T", "AT&T Inc."),
  instrument("MMM", "3M Company"),
  instrument("BAC", "Bank of America Corporation"),
  instrument("AAL", "American Airlines Group Inc."),
  instrument("AXP", "American Express Company"),
]);
const linked = (text: string) => linker.link(text).map(({ symbol, kind }) => `${symbol} ${kind}`);

it.each([
  ["$AAPL and $BRK.B rise", ["AAPL cashtag", "BRK.B cashtag"]],
  ["Results of Agilent (NYSE: A) are out", ["A listing"]],
  ["Alphabet beats estimates", ["GOOG name"]],
  ["Google's parent beats estimates", ["GOOG alias"]],
  ["Berkshire Hathaway adds to its stake", ["BRK.B name"]],
  ["AT&T raises prices", ["T name"]],
  ["3M to cut jobs", ["MMM name"]],
  ["Bank of America and American Express report", ["BAC name", "AXP name"]],
  ["American Airlines shares fall", ["AAL name"]],
  ["Shares of Apple rise", ["AAPL name"]],
  ["Target shares jump after results", ["TGT name"]],
  ["Gap Inc. names new CEO", ["GPS name"]],
  ["$AAPL: Apple shares rise", ["AAPL cashtag"]],
])("%s", (text, expected) => {
  expect(linked(text)).toEqual(expected);
});

it.each([
  "The apple harvest was poor",
  "Mind the gap between bid and ask",
  "Target of the attack was a depot",
  "A new plan",
  "American tourists return",
  "Costs of $100 and $5M",
  "$ZZZZ is not listed here",
  "US$AAPL",
  "",
])("names nobody: %s", (text) => {
  expect(linked(text)).toEqual([]);
});

it("a long text is linked in bounded time, whatever it says", () => {
  const text = "Apple shares ".repeat(20_000);
  expect(linked(text)).toEqual(["AAPL name"]);
});
