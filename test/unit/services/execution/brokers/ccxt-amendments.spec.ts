import type { ExecutionReport } from "../../../../../domain/order/execution-report.ts";
import type { OrderCommand } from "../../../../../domain/order/messages.ts";
import { systemClock } from "../../../../../mixins/clock.ts";
import { CcxtAmendments } from "../../../../../services/execution/brokers/ccxt-amendments.ts";
import { CcxtApi } from "../../../../../services/execution/brokers/ccxt-api.ts";
import { ccxtFamily } from "../../../../../services/execution/brokers/ccxt-families.ts";
import { ccxtFeatures } from "../../../../../services/execution/brokers/ccxt-features.ts";
import { CcxtHttp } from "../../../../../services/execution/brokers/ccxt-http.ts";
import { CcxtLookup } from "../../../../../services/execution/brokers/ccxt-lookup.ts";
import { CcxtOrders } from "../../../../../services/execution/brokers/ccxt-orders.ts";
import { CcxtSymbols } from "../../../../../services/execution/brokers/ccxt-symbols.ts";
import { Desk } from "../../../../../services/execution/brokers/desk.ts";
import type { NodeContext } from "../../../../../services/context.ts";
import { shortIdOf } from "../../../../../services/execution/brokers/client-ids.ts";
import { ORDER_ID, payload, silentExchange } from "./ccxt-words.ts";
import type { Sent } from "./ccxt-words.ts";

/** What orders ask of a venue that answers every call with `answer`; without a store and without actors. */
function at(id: string, answer: (call: Sent) => unknown) {
  const { exchange, sent } = silentExchange(id, answer);
  const reports: ExecutionReport[] = [];
  // sound: no more than this of a node is used here
  const node = {
    clock: systemClock,
    pool: { query: () => Promise.resolve({ rows: [] }) },
    actors: {
      call: (_ref: unknown, command: OrderCommand & { readonly type: "ApplyReport" }) => {
        reports.push(command.report);
        return Promise.resolve({});
      },
    },
  } as unknown as NodeContext;
  // sound: the exchange does not call through it
  const http = new CcxtHttp({} as ConstructorParameters<typeof CcxtHttp>[0], systemClock);
  const family = ccxtFamily(id, "spot");
  const features = ccxtFeatures(exchange, "spot");
  const loaded = { atMs: systemClock.monotonicMs() };
  const api = new CcxtApi({
    exchange,
    http,
    family,
    features,
    clock: systemClock,
    secrets: [],
    loaded,
  });
  const symbols = new CcxtSymbols({}, "spot");
  const lookup = new CcxtLookup({ node, api, family, symbols });
  const parts = {
    node,
    venue: "CCXT:1",
    api,
    family,
    symbols,
    lookup,
    desk: new Desk(node, null),
    quietMs: 1_000,
    expect: () => undefined,
  };
  return {
    amendments: new CcxtAmendments(parts),
    orders: new CcxtOrders(parts),
    posts: () => sent.filter(({ method }) => method === "POST"),
    reports,
  };
}

const REPLACE = {
  revision: 1,
  venueOrderId: "77",
  before: payload(),
  after: payload({ price: "40100", orderQty: "0.6" }),
};

describe("an amendment where the order stays the one it was", () => {
  /** OKX: the answer to the amendment only says that it was taken (https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-amend-order). */
  function okx(shown: () => Readonly<Record<string, string>>) {
    return at("okx", ({ method }) => ({
      code: "0",
      data: [
        method === "POST"
          ? { ordId: "77", sCode: "0" }
          : {
              ordId: "77",
              side: "buy",
              ordType: "limit",
              state: "live",
              instId: "BTCUSDT",
              ...shown(),
            },
      ],
    }));
  }

  it("is reported when the order shows its new terms", async () => {
    const shown = [
      { sz: "0.5", px: "40000.1" },
      { sz: "0.6", px: "40100" },
    ];
    const { amendments, posts, reports } = okx(() => shown.shift() ?? {});
    expect(await amendments.replace(REPLACE)).toEqual({ outcome: "accepted" });
    expect(posts().map(({ path, params }) => [path, params])).toEqual([
      [
        "/api/v5/trade/amend-order",
        expect.objectContaining({ ordId: "77", newSz: "0.6", newPx: "40100" }),
      ],
    ]);
    expect(reports).toEqual([
      expect.objectContaining({
        execType: "replaced",
        revision: 1,
        venueOrderId: "77",
        orderQty: "0.6",
        price: "40100",
      }),
    ]);
  });

  it("is not assumed while the order does not show it", async () => {
    const { amendments, reports } = okx(() => ({ sz: "0.5", px: "40000.1" }));
    await expect(amendments.replace(REPLACE)).rejects.toThrow("does not show it yet");
    expect(reports).toEqual([]);
  });

  it("that was made by an earlier call is recognised, and not asked for again", async () => {
    const { amendments, posts, reports } = okx(() => ({ sz: "0.6", px: "40100" }));
    expect(await amendments.replace(REPLACE)).toEqual({ outcome: "accepted" });
    expect([posts(), reports.length]).toEqual([[], 1]);
  });

  it("of an order that has ended is refused", async () => {
    const { amendments, posts } = okx(() => ({ sz: "0.5", px: "40000.1", state: "canceled" }));
    expect(await amendments.replace(REPLACE)).toMatchObject({ outcome: "rejected" });
    expect(posts()).toEqual([]);
  });
});

describe("an amendment where nobody knows how the venue does it", () => {
  it("is refused, and nothing is asked", async () => {
    const { amendments, posts } = at("kraken", () => ({ error: [] }));
    expect(await amendments.replace(REPLACE)).toMatchObject({
      outcome: "rejected",
      reason: "notSupported",
    });
    expect(posts()).toEqual([]);
  });
});

const ANOTHER = "1c1e7a3c-6a51-5d0e-9d0e-0a4a3f0c9b11";
const SHORT = shortIdOf(ORDER_ID);

describe("looking for an order", () => {
  /** Of HitBTC's orders (https://api.hitbtc.com/#get-active-spot-orders), whose own id is the client's. */
  const shown = (changes: Readonly<Record<string, unknown>>) => ({
    id: 5,
    symbol: "BTCUSDT",
    side: "buy",
    status: "new",
    type: "limit",
    quantity: "0.5",
    price: "40000.1",
    quantity_cumulative: "0",
    created_at: "2023-11-14T22:13:20.000Z",
    updated_at: "2023-11-14T22:13:20.000Z",
    ...changes,
  });

  it("goes through all of them where it cannot be asked for by its id", async () => {
    const open = [
      shown({ client_order_id: shortIdOf(ANOTHER) }),
      shown({ client_order_id: SHORT }),
    ];
    const { orders, reports } = at("hitbtc", ({ path }) =>
      path.endsWith("spot/order") ? open : [],
    );
    expect(await orders.find(payload())).toBe(true);
    expect(reports).toEqual([expect.objectContaining({ execType: "new", venueOrderId: SHORT })]);
  });

  it("finds none where none has its id", async () => {
    const others = [shown({ client_order_id: shortIdOf(ANOTHER) })];
    const { orders } = at("hitbtc", ({ path }) => (path.endsWith("spot/order") ? others : []));
    expect(await orders.find(payload())).toBe(false);
  });
});
