import type { PortfolioSummary } from "../../../../../domain/portfolio/messages.ts";
import { type Caller, ratesOf } from "../../../../../services/risk/margin/board.ts";

/** A market that says the same of every pair. */
function sayingOf(rate: { readonly rate: string; readonly isStale: boolean }): Caller {
  return {
    // sound: rates are all that is asked for
    call: <R>() => Promise.resolve(rate as R),
  };
}

// sound: what currencies are looked for in
const summary = {
  baseCurrency: "USD",
  positions: [{ symbol: "SAP", currency: "EUR" }],
} as unknown as PortfolioSummary;

describe("the rates that margin goes by", () => {
  it("are those of now", async () => {
    const rates = await ratesOf(sayingOf({ rate: "1.1", isStale: false }), summary);
    expect(rates).toEqual({ EUR: "1.1" });
  });

  it("are not known once they are old, so that what needs them is denied", async () => {
    const rates = await ratesOf(sayingOf({ rate: "1.1", isStale: true }), summary);
    expect(rates).toEqual({ EUR: null });
  });
});
