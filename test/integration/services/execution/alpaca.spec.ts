import { dec } from "../../../../domain/shared/decimal.ts";
import { getLedger } from "../../../../mixins/rest/routes/portfolios.ts";
import { AlpacaAccount, CASH } from "./alpaca-account.ts";

describe("an order at Alpaca", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  afterAll(() => account.close());

  it("is accepted, filled in parts, and booked as trades and ledger", async () => {
    const orderId = await account.place();
    const accepted = await account.until(orderId, "new");
    expect(accepted.venueOrderId).toBe(account.server.book.orders.get(orderId)?.id);
    account.server.control({ fill: { clientOrderId: orderId, price: "99.5", qty: "4" } });
    await account.until(orderId, "partiallyFilled");
    account.server.control({ fill: { clientOrderId: orderId, price: "99.75" } });
    const filled = await account.until(orderId, "filled");
    expect(filled).toMatchObject({ cumQuantity: "10", averagePrice: "99.65", fees: "0" });
    await account.node.settled();
    const trades = await account.trades(orderId);
    expect(trades.map(({ quantity, price, execId }) => [quantity, price, execId])).toEqual(
      account.server.book.fills.map(({ qty, price, id }) => [qty, price, id]),
    );
    const { cash, reserved } = await account.portfolio();
    expect([cash, reserved]).toEqual([dec(CASH).minus("996.5").toFixed(), "0"]);
    const ledger = await account.node.admin.all(getLedger, { portfolioId: account.portfolioId });
    expect(ledger.filter((row) => row.orderId === orderId).length).toBeGreaterThan(0);
    expect(await account.events(orderId)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
      "OrderFilled",
      "OrderFilled",
    ]);
    expect(account.server.sendings(orderId)).toBe(1);
  });
});
