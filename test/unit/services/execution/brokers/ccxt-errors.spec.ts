import { DependencyTimedOut } from "../../../../../mixins/resilience/dependency.ts";
import { ccxtFailure } from "../../../../../services/execution/brokers/ccxt-errors.ts";
import { OffStep } from "../../../../../services/execution/brokers/ccxt-exchange.ts";
import { NoAnswer, NotSent } from "../../../../../services/execution/brokers/ccxt-http.ts";
import type { CallTrace } from "../../../../../services/execution/brokers/ccxt-http.ts";
import { silentExchange } from "./ccxt-words.ts";

const ANSWERED: CallTrace = {
  sendByMs: 0,
  until: new AbortController().signal,
  wasSent: true,
  isVenuesWord: true,
};
const UNANSWERED: CallTrace = { ...ANSWERED, isVenuesWord: false };
const UNSENT: CallTrace = { ...UNANSWERED, wasSent: false };

/** What ccxt makes of an answer of the venue. */
async function thrown(id: string, status: number, body: unknown): Promise<unknown> {
  const { exchange } = silentExchange(id, body);
  // sound: a method of every exchange, which only tests need
  const handle = exchange as unknown as {
    handleErrors: (...args: readonly unknown[]) => unknown;
    handleHttpStatusCode: (...args: readonly unknown[]) => unknown;
  };
  const url = "https://api.example/order?signature=abc&apiKey=key-of-a-test";
  const text = JSON.stringify(body);
  try {
    handle.handleErrors(status, "", url, "POST", {}, text, body, {}, {});
    handle.handleHttpStatusCode(status, "", url, "POST", text);
    return null;
  } catch (error) {
    return error;
  }
}

const rejected = (reason: string) => ({ verdict: "rejected", reason });

describe("an answer of the venue means", () => {
  it.each([
    ["binance", 400, { code: -2010, msg: "Duplicate order sent." }, { verdict: "duplicate" }],
    [
      "binance",
      400,
      { code: -2010, msg: "Account has insufficient balance for requested action." },
      rejected("insufficientFunds"),
    ],
    ["binance", 400, { code: -1013, msg: "Filter failure: LOT_SIZE" }, rejected("invalidOrder")],
    ["binance", 400, { code: -1121, msg: "Invalid symbol." }, rejected("unknownSymbol")],
    ["binance", 400, { code: -2011, msg: "Unknown order sent." }, { verdict: "notFound" }],
    ["binance", 400, { code: -2013, msg: "Order does not exist." }, { verdict: "notFound" }],
    ["binance", 401, { code: -2014, msg: "API-key format invalid." }, rejected("notAuthorized")],
    ["binance", 400, { code: -1021, msg: "Timestamp is outside." }, { verdict: "clock" }],
    ["binance", 429, { code: -1003, msg: "Too many requests." }, { verdict: "limited" }],
    ["binance", 418, { code: -1003, msg: "Banned." }, { verdict: "limited" }],
    // "Execution status unknown", in the venue's own words.
    ["binance", 400, { code: -1006, msg: "An unexpected response." }, { verdict: "unknown" }],
    ["binance", 400, { code: -1007, msg: "Timeout." }, { verdict: "unknown" }],
    ["binance", 400, { code: -99_999, msg: "Not in any table." }, { verdict: "unknown" }],
    [
      "okx",
      200,
      { code: "1", data: [{ sCode: "51016", sMsg: "Client order ID already exists." }] },
      { verdict: "duplicate" },
    ],
    [
      "okx",
      200,
      { code: "1", data: [{ sCode: "51008", sMsg: "Insufficient balance." }] },
      rejected("insufficientFunds"),
    ],
    [
      "bybit",
      200,
      { retCode: 110_072, retMsg: "OrderLinkedID is duplicate" },
      { verdict: "duplicate" },
    ],
    ["kraken", 200, { error: ["EOrder:Insufficient funds"] }, rejected("insufficientFunds")],
    ["kraken", 200, { error: ["EService:Unavailable"] }, { verdict: "unknown" }],
  ])("%s %i %j: %j", async (id, status, body, verdict) => {
    const error = await thrown(id, status, body);
    expect(ccxtFailure(error, ANSWERED, []).verdict).toEqual(verdict);
  });

  it("nothing when somebody in between gives it: the order may be live behind it", async () => {
    for (const status of [400, 401, 403, 404, 500, 502, 503])
      expect(ccxtFailure(await thrown("binance", status, null), UNANSWERED, []).verdict).toEqual({
        verdict: "unknown",
      });
  });
});

describe("a call that did not come to an end", () => {
  it.each([new NoAnswer("POST", "/api/v3/order", "reset"), new DependencyTimedOut("ccxt", 5_000)])(
    "has an unknown outcome: %s",
    (error) => {
      expect(ccxtFailure(error, UNANSWERED, [])).toMatchObject({
        verdict: { verdict: "unknown" },
        wasSent: true,
      });
    },
  );

  it("that never left is known to have left nothing behind", () => {
    expect(ccxtFailure(new NotSent("later"), UNSENT, [])).toMatchObject({
      verdict: { verdict: "limited" },
      wasSent: false,
    });
    expect(ccxtFailure(new OffStep("price", "1.05", "1"), UNSENT, []).verdict).toEqual(
      rejected("invalidOrder"),
    );
  });
});

describe("the words of a failure", () => {
  it("hold neither addresses nor keys", async () => {
    const error = await thrown("binance", 404, { html: true });
    const { message } = ccxtFailure(error, UNANSWERED, ["key-of-a-test"]);
    expect(message).toContain("(address)");
    expect(message).not.toMatch(/signature|key-of-a-test/);
    const echo = new Error("the key key-of-a-test is not known");
    expect(ccxtFailure(echo, ANSWERED, ["key-of-a-test"]).message).toBe("the key *** is not known");
  });
});
