import {
  type AlpacaAnswer,
  classifySubmit,
} from "../../../../../services/execution/brokers/alpaca-errors.ts";

function answer(status: number, body: unknown): AlpacaAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, body: text, retryAfterMs: null };
}

/** The words are those of the documentation and of issues in the broker's own repositories. */
describe("an answer to a sent order", () => {
  it.each([200, 201, 207])("%d says that it was accepted", (status) => {
    expect(classifySubmit(answer(status, "{}"))).toEqual({ verdict: "accepted" });
  });

  it.each(["client_order_id must be unique", "client order id must be unique"])(
    "422 with %j says that its id is known",
    (message) => {
      const refused = answer(422, { code: 40010001, message });
      expect(classifySubmit(refused)).toEqual({ verdict: "duplicate" });
    },
  );

  it.each([
    [401, 40110000, "request is not authorized", "notAuthorized"],
    [403, undefined, "forbidden.", "notAuthorized"],
    [403, 40310000, "insufficient buying power", "insufficientBuyingPower"],
    [
      403,
      40310000,
      "insufficient balance for USD (requested: 5, available: 1)",
      "insufficientBuyingPower",
    ],
    [
      403,
      40310000,
      "insufficient qty available for order (requested: 2, available: 1)",
      "insufficientQuantity",
    ],
    [403, 40310000, "account is not allowed to short", "shortNotAllowed"],
    [403, 40310000, "potential wash trade detected. use complex orders", "washTrade"],
    [403, 40310100, "trade denied due to pattern day trading protection", "patternDayTrading"],
    [403, 40310000, "account is restricted to liquidation only", "forbidden"],
    [422, 42210000, 'asset "ACME" is not tradable', "assetNotTradable"],
    [422, 42210000, 'could not find asset "ACME"', "assetNotTradable"],
    [
      422,
      42210000,
      "invalid limit_price 10.001. sub-penny increment does not fulfill minimum pricing criteria",
      "invalidOrder",
    ],
    [422, 40010001, "time_in_force is invalid", "invalidOrder"],
    [400, 40010000, "request body format is invalid", "invalidOrder"],
    [404, 40410000, "endpoint not found", "invalidOrder"],
  ] as const)("%d with code %p and %j is a rejection: %s", (status, code, message, reason) => {
    const { text, ...verdict } = { text: "", ...classifySubmit(answer(status, { code, message })) };
    expect(verdict).toEqual({ verdict: "rejected", reason });
    expect(text).toContain(message);
  });

  it("429 says that it was not looked at", () => {
    const limited = answer(429, { code: 42910000, message: "too many requests." });
    expect(classifySubmit(limited)).toEqual({ verdict: "limited" });
  });

  it.each([
    ["a fault of the broker", 500, { code: 50010000, message: "internal server error" }],
    ["a proxy without its server", 502, "<html>Bad Gateway</html>"],
    ["a broker that is overloaded", 503, { message: "service unavailable" }],
    ["a proxy that lost patience", 504, ""],
    ["a time-out", 408, { message: "request timeout" }],
    ["a conflict", 409, { message: "conflict" }],
    ["a refusal by something in between", 403, "<html>Forbidden</html>"],
    ["a refusal without the broker's words", 422, {}],
    ["a refusal that was cut off", 422, '{"code":40010001,"mess'],
    ["a redirection", 302, ""],
  ])("%s says nothing of the order", (_, status, body) => {
    expect(classifySubmit(answer(status, body))).toMatchObject({ verdict: "unknown" });
  });
});
