import type { SubmitPayload } from "../../../../../domain/order/messages.ts";
import {
  cancelBody,
  massStatusBody,
  newOrderBody,
  replaceBody,
  statusBody,
} from "../../../../../services/execution/brokers/fix/requests.ts";
import type { FixField } from "../../../../../services/execution/brokers/fix/codec.ts";
import {
  cancelIdOf,
  readRequestId,
} from "../../../../../services/execution/brokers/fix/request-ids.ts";

const ORDER = "0b0e5c3c-95b7-5d0a-8a53-3a4e1f2d7c61";
const NOW_MS = Date.UTC(2026, 10, 20, 15);
const TERMS = {
  account: "ACC-1",
  handlInst: "1",
  exDestination: null,
  symbols: new Map([["BRK-B", "BRK.B"]]),
};

function order(changes: Partial<SubmitPayload> = {}): SubmitPayload {
  return {
    clOrdId: ORDER,
    orderId: ORDER,
    venue: "FIX:1",
    symbol: "ACME",
    side: "buy",
    ordType: "limit",
    orderQty: "10",
    price: "99.5",
    timeInForce: "day",
    worstPrice: "99.5",
    currency: "USD",
    multiplier: "1",
    lotSize: "1",
    assetClass: "equity",
    ...changes,
  };
}

const short = (fields: readonly FixField[]) => fields.map((field) => field.join("="));
const body = (changes: Partial<SubmitPayload>) =>
  short(newOrderBody(order(changes), TERMS, NOW_MS));

describe("a NewOrderSingle", () => {
  it("says the whole order", () => {
    expect(body({})).toEqual([
      `11=${ORDER}`,
      "1=ACC-1",
      "21=1",
      "55=ACME",
      "167=CS",
      "54=1",
      "60=20261120-15:00:00.000",
      "38=10",
      "40=2",
      "44=99.5",
      "15=USD",
      "59=0",
    ]);
  });

  it.each<[string, Partial<SubmitPayload>, readonly string[]]>([
    [
      "a market sell",
      { ordType: "market", side: "sell", price: null, worstPrice: null },
      ["40=1", "54=2"],
    ],
    [
      "a market buy, bounded",
      { ordType: "market", price: null, worstPrice: "105" },
      ["40=2", "44=105"],
    ],
    [
      "a stop sell",
      { ordType: "stop", side: "sell", price: null, worstPrice: null, stopPx: "95" },
      ["40=3", "99=95"],
    ],
    [
      "a stop buy, bounded",
      { ordType: "stop", price: null, worstPrice: "110", stopPx: "105" },
      ["40=4", "44=110", "99=105"],
    ],
    ["a stop-limit", { ordType: "stopLimit", stopPx: "99" }, ["40=4", "44=99.5", "99=99"]],
    [
      "market-if-touched",
      { ordType: "marketIfTouched", price: null, stopPx: "90" },
      ["40=J", "99=90"],
    ],
    [
      "a trailing sell by an amount",
      {
        ordType: "trailingStop",
        side: "sell",
        price: null,
        worstPrice: null,
        trail: { amount: "1.50" },
      },
      ["40=P", "18=a", "211=-1.5", "836=0"],
    ],
    [
      "a trailing buy by basis points",
      { ordType: "trailingStop", price: null, trail: { bps: "25" } },
      ["40=P", "18=a", "211=25", "836=1"],
    ],
    [
      "a trailing buy by ticks",
      { ordType: "trailingStop", price: null, trail: { ticks: "4" } },
      ["211=4", "836=2"],
    ],
    ["one that only rests", { postOnly: true }, ["18=6"]],
    ["an iceberg", { displayQty: "2" }, ["111=2"]],
    ["their symbol", { symbol: "BRK-B" }, ["55=BRK.B"]],
    ["gtc", { timeInForce: "gtc" }, ["59=1"]],
    ["opg", { timeInForce: "opg" }, ["59=2"]],
    ["ioc", { timeInForce: "ioc" }, ["59=3"]],
    ["fok", { timeInForce: "fok" }, ["59=4"]],
    ["gtd", { timeInForce: "gtd", expireAtMs: NOW_MS }, ["59=6", "126=20261120-15:00:00.000"]],
    ["cls", { timeInForce: "cls" }, ["59=7"]],
  ])("says %s", (_name, changes, expected) => {
    expect(body(changes)).toEqual(expect.arrayContaining([...expected]));
  });

  it("never bounds a sell, nor says a limit of a market sell", () => {
    const fields = body({ ordType: "market", side: "sell", price: null, worstPrice: null });
    expect(fields.filter((field) => field.startsWith("44="))).toEqual([]);
  });

  it("has no words for limit-if-touched", () => {
    expect(() => body({ ordType: "limitIfTouched", stopPx: "98" })).toThrow(RangeError);
  });
});

describe("what is asked of an order that is there", () => {
  const target = { clientId: "new", origClientId: "old", venueOrderId: "V1" };

  it("is the whole order again to amend it", () => {
    const fields = short(replaceBody(target, order({ orderQty: "8" }), TERMS, NOW_MS));
    expect(fields).toEqual(
      expect.arrayContaining(["41=old", "37=V1", "11=new", "38=8", "44=99.5", "54=1"]),
    );
    expect(fields.filter((field) => field.startsWith("11="))).toEqual(["11=new"]);
  });

  it("is what it was sent with to cancel it", () => {
    const sent = newOrderBody(order(), TERMS, NOW_MS);
    expect(short(cancelBody({ ...target, venueOrderId: null }, sent, NOW_MS))).toEqual([
      "41=old",
      "11=new",
      "1=ACC-1",
      "55=ACME",
      "167=CS",
      "54=1",
      "38=10",
      "60=20261120-15:00:00.000",
    ]);
  });

  it("is its name and a question's to know how it stands", () => {
    const sent = newOrderBody(order(), TERMS, NOW_MS);
    const fields = short(statusBody("q1", { clientId: ORDER, venueOrderId: "V1" }, sent));
    expect(fields).toEqual([
      `11=${ORDER}`,
      "37=V1",
      "790=q1",
      "1=ACC-1",
      "55=ACME",
      "167=CS",
      "54=1",
    ]);
  });

  it("is a question of its own for all of them", () => {
    expect(short(massStatusBody("q1", TERMS))).toEqual(["584=q1", "585=7", "1=ACC-1"]);
  });
});

describe("the id of a cancel", () => {
  it("is told from its order and back, in 36 characters at most", () => {
    for (const count of [1, 12, 999]) {
      const id = cancelIdOf(ORDER, count);
      expect(id.length).toBeLessThanOrEqual(36);
      expect(readRequestId(id)).toEqual({ kind: "cancel", orderId: ORDER });
    }
  });

  it.each([0, 1_000, 1.5])("cannot be the %sth", (count) => {
    expect(() => cancelIdOf(ORDER, count)).toThrow(RangeError);
  });
});
