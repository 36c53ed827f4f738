import { assertBalanced, ledgerTransaction } from "../../../../domain/portfolio/ledger.ts";
import { dec } from "../../../../domain/shared/decimal.ts";

const HEADING = {
  transactionId: "t-1",
  portfolioId: "pf-1",
  currency: "USD",
  memo: "test",
  orderId: null,
  tradeId: null,
  atMs: 1,
};

describe("a ledger transaction", () => {
  it("debits positive amounts, credits negative ones and leaves zeros out", () => {
    const entries = ledgerTransaction(HEADING, [
      { account: "cash", amount: dec("-1.5") },
      { account: "fees", amount: dec("0") },
      { account: "positions:X", amount: dec("1.5") },
    ]);
    expect(entries).toEqual([
      { ...HEADING, index: 0, account: "cash", debit: "0", credit: "1.5" },
      { ...HEADING, index: 1, account: "positions:X", debit: "1.5", credit: "0" },
    ]);
  });

  it("that does not balance is a defect, and says by how much", () => {
    expect(() => ledgerTransaction(HEADING, [{ account: "cash", amount: dec("0.01") }])).toThrow(
      "invariant broken: ledger transaction t-1 in USD: expected 0, found 0.01",
    );
  });

  it("balances in each currency by itself", () => {
    const [debit] = ledgerTransaction(HEADING, [
      { account: "a", amount: dec("1") },
      { account: "b", amount: dec("-1") },
    ]);
    if (debit === undefined) throw new Error("no entry");
    const foreign = { ...debit, currency: "EUR", debit: "0", credit: "1" };
    expect(() => assertBalanced([debit, foreign])).toThrow("t-1 in USD");
  });
});
