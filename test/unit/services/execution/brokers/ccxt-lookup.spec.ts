import { systemClock } from "../../../../../mixins/clock.ts";
import { ccxtFamily } from "../../../../../services/execution/brokers/ccxt-families.ts";
import { CcxtLookup } from "../../../../../services/execution/brokers/ccxt-lookup.ts";
import type { CcxtLookupParts } from "../../../../../services/execution/brokers/ccxt-lookup.ts";
import { readCcxtOrder } from "../../../../../services/execution/brokers/ccxt-messages.ts";
import { CcxtSymbols } from "../../../../../services/execution/brokers/ccxt-symbols.ts";
import { shortIdOf } from "../../../../../services/execution/brokers/client-ids.ts";
import { payload } from "./ccxt-words.ts";

const ANOTHER = "1c1e7a3c-6a51-5d0e-9d0e-0a4a3f0c9b11";

/** Looks for an order of 0.5 at a venue that shows one other, which carries no id of a client. */
function lookUp(id: string, shown: Readonly<Record<string, unknown>>) {
  const order = readCcxtOrder({
    id: "5",
    symbol: "BTC/USDT",
    side: "buy",
    amount: "0.5",
    status: "open",
    ...shown,
  });
  // sound: no more than this of them is used here
  const parts = {
    node: { clock: systemClock, pool: { query: () => Promise.resolve({ rows: [] }) } },
    api: {
      orderByClientId: () => Promise.resolve(null),
      ordersSince: () => Promise.resolve([order]),
    },
    family: ccxtFamily(id, "spot"),
    symbols: new CcxtSymbols({}, "spot"),
  } as unknown as CcxtLookupParts;
  return new CcxtLookup(parts).order(payload());
}

describe("an order that is not found by its id", () => {
  it("may be one without an id where nobody knows whether the venue shows ids", async () => {
    await expect(lookUp("hitbtc", {})).rejects.toThrow("without its id");
    await expect(lookUp("hitbtc", { amount: undefined })).rejects.toThrow("without its id");
  });

  it("may be one with an id that somebody else has made up: ours may have been dropped on the way", async () => {
    await expect(lookUp("hitbtc", { clientOrderId: "made-up" })).rejects.toThrow("without its id");
  });

  it("may be one under an id that ours would not be at this venue", async () => {
    await expect(lookUp("hitbtc", { clientOrderId: ANOTHER })).rejects.toThrow("without its id");
  });

  it.each([{ side: "sell" }, { amount: "0.4" }, { clientOrderId: shortIdOf(ANOTHER) }])(
    "is not one of other terms or of another order of ours: %j",
    async (shown) => {
      expect(await lookUp("hitbtc", shown)).toBeNull();
    },
  );

  it("is not there where the venue shows the id with every order", async () => {
    expect(await lookUp("kraken", {})).toBeNull();
  });
});
