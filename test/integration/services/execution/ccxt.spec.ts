import { dec } from "../../../../domain/shared/decimal.ts";
import { CASH, CcxtAccount } from "./ccxt-account.ts";

describe("an order at an exchange", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  afterAll(() => account.close());

  it("is accepted, filled in parts, and booked as trades", async () => {
    const orderId = await account.place();
    const accepted = await account.until(orderId, "new");
    const theirs = account.theirs(orderId);
    expect(accepted.venueOrderId).toBe(String(theirs.orderId));
    account.server.book.fill(theirs, "99.5", "4");
    await account.until(orderId, "partiallyFilled");
    account.server.book.fill(theirs, "99.75");
    const filled = await account.until(orderId, "filled");
    expect(filled).toMatchObject({ cumQuantity: "10", averagePrice: "99.65", fees: "0" });
    await account.node.settled();
    const trades = await account.trades(orderId);
    expect(
      trades.map(({ quantity, price, execId, venue }) => [quantity, price, execId, venue]),
    ).toEqual(
      account.server.book.trades.map(({ qty, price, id }) => [
        qty,
        price,
        `ACME/USD:${theirs.orderId}:${id}`,
        account.venue,
      ]),
    );
    const { cash, reserved } = await account.portfolio();
    expect([cash, reserved]).toEqual([dec(CASH).minus("996.5").toFixed(), "0"]);
    expect(account.server.sendings(orderId)).toBe(1);
  });
});
