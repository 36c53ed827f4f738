import type { Quote } from "../../../../domain/market/quote.ts";
import { createBrokerAccount } from "../../../../mixins/rest/routes/brokers.ts";
import { getOrder } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { changeAccount } from "../../../../models/broker-accounts.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import type { TestNode } from "../../../support/node.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import { describeBroker } from "./broker-conformance.ts";
import type { BrokerFault, BrokerRig, BrokerSide } from "./broker-conformance.ts";

const SYMBOL = "ACME";

/** Nothing of a bar is ours, so that orders are filled only when the test says so. */
const QUIET = { participation: "0.000000000001" };

const FAULTS = {
  // With the reports: else they would say what the reply did not.
  dropReply: { dropReply: 1, delay: 1, delayMs: 3_600_000 },
  dropRequest: { disconnect: 1 },
  streamCut: { delay: 1, delayMs: 3_600_000 },
  streamReplayed: { duplicate: 1 },
  streamReordered: { reorder: 0.5, seed: 3 },
} as const satisfies Partial<Record<BrokerFault, { readonly [name: string]: Json }>>;

/** Steers the market that the venue matches by, and the account's settings. */
class PaperSide implements BrokerSide {
  readonly #node: TestNode;
  readonly #accountId: string;
  /** after every bar of the test */
  #atMs = FIRST_DAY_MS + 10_000 * DAY_MS;

  constructor(node: TestNode, accountId: string) {
    this.#node = node;
    this.#accountId = accountId;
  }

  async orders(orderId: string): Promise<number> {
    const { venueOrderId } = await this.#node.admin.call(getOrder, { orderId });
    return venueOrderId === null ? 0 : 1;
  }

  async fill(_orderId: string, price: string, quantity?: string): Promise<void> {
    await this.#quote(price, quantity ?? null);
  }

  async fault(fault: BrokerFault): Promise<void> {
    const known: Partial<Record<BrokerFault, Json>> = FAULTS;
    await this.#set({ ...QUIET, faults: known[fault] ?? {} });
  }

  async heal(): Promise<void> {
    await this.#set(QUIET);
    // What is still on its way comes with the next quote.
    this.#atMs += DAY_MS;
    await this.#quote(null, null);
  }

  listening(): Promise<void> {
    return Promise.resolve();
  }

  async #quote(ask: string | null, askSize: string | null): Promise<void> {
    this.#atMs += 1_000;
    const sides = { bid: null, bidSize: null, last: null, lastSize: null };
    const at = { tsEventMs: this.#atMs, tsInitMs: this.#atMs };
    const quote: Quote = { symbol: SYMBOL, ask, askSize, ...sides, ...at };
    await this.#node.context.broker.call("brokers.onQuote", { quote });
  }

  async #set(settings: { readonly [name: string]: Json }): Promise<void> {
    // As REST does, but also while orders are open.
    const { pool, broker } = this.#node.context;
    const accountId = this.#accountId;
    await changeAccount(pool, accountId, 0, () => ({ settings }));
    await broker.broadcast("brokers.accountChanged", { accountId });
  }
}

async function open(): Promise<BrokerRig> {
  const node = await startTestNode();
  const market = await HandMarket.open(node);
  await market.list(SYMBOL);
  await market.play({ [SYMBOL]: "100" });
  const portfolio = { name: "Paper", baseCurrency: "USD", initialCash: "100000" };
  const { portfolioId } = await node.admin.call(createPortfolio, portfolio);
  const { accountId, venue } = await node.admin.call(createBrokerAccount, {
    broker: "paper",
    name: "Simulated",
    settings: QUIET,
  });
  return {
    node,
    portfolioId,
    market,
    symbol: SYMBOL,
    orderFields: { brokerAccountId: accountId },
    accountId: null,
    venue,
    side: new PaperSide(node, accountId),
    close: async () => {
      await node.stop();
      await node.database.drop();
      expect(node.errors).toEqual([]);
    },
  };
}

describeBroker("Paper", {
  open,
  // sound: the table's own names
  faults: Object.keys(FAULTS) as readonly BrokerFault[],
  unsupported: null,
});
