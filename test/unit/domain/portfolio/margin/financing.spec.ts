import type { DayMark } from "../../../../../domain/portfolio/margin/messages.ts";
import type { PortfolioEvent } from "../../../../../domain/portfolio/messages.ts";
import { equityCurve } from "../../../../../domain/portfolio/equity-curve.ts";
import { type Command, type LivePortfolio, opened, request } from "../given.ts";
import { ask, filled, marginPortfolio, seen } from "./margin-desk.ts";

const DAY_MS = 86_400_000;
/** 2026-03-02 */
const MONDAY = 20_514;

type Accrued = Extract<PortfolioEvent, { type: "FinancingAccrued" }>;

function accrue(
  live: LivePortfolio,
  throughDay: number,
  changes: Partial<Command<"AccrueFinancing">> = {},
): readonly Accrued[] {
  const command = {
    type: "AccrueFinancing",
    throughDay,
    marks: [],
    borrowRates: {},
    rates: {},
  } as const;
  const { events } = live.when({ ...command, ...changes });
  return events.flatMap((event) => (event.type === "FinancingAccrued" ? [event] : []));
}

function bought(live: LivePortfolio, day: number, orderId = "b", quantity = "150"): void {
  const wanted = { orderId, side: "buy", quantity, price: "100" } as const;
  if (ask(live, wanted) !== "approved") throw new Error("denied");
  filled(live, wanted, day * DAY_MS + 15 * 3_600_000);
}

const mark = (day: number, price: string): DayMark => ({ symbol: "AAPL", day, price });

describe("financing", () => {
  // 6 % of 5,000 over 360 is 0.8333… a day (actual/360, as banks count money-market days: ISDA 2006 definitions, 4.16(e)).
  it("charges what is owed by calendar days over 360, each in the balance of the next", () => {
    const live = marginPortfolio();
    bought(live, MONDAY);
    const days = accrue(live, MONDAY + 2);
    expect(days.map(({ day, balance, interest }) => [day - MONDAY, balance, interest])).toEqual([
      [0, "-5000", "0.83333334"],
      [1, "-5000.83333334", "0.83347223"],
      [2, "-5001.66680557", "0.83361114"],
    ]);
    expect(days[0]?.ledger.map(({ account, debit, credit }) => [account, debit, credit])).toEqual([
      ["cash", "0", "0.83333334"],
      ["interest", "0.83333334", "0"],
    ]);
    expect(live.summary()).toMatchObject({
      cash: "-5002.50041671",
      financing: { interest: "2.50041671", borrowFees: "0", nextDay: MONDAY + 3 },
    });
  });

  it("charges no day twice, and none that goes on", () => {
    const live = marginPortfolio();
    expect(accrue(live, MONDAY)).toEqual([]);
    bought(live, MONDAY);
    expect(accrue(live, MONDAY - 1)).toEqual([]);
    expect(accrue(live, MONDAY)).toHaveLength(1);
    expect(accrue(live, MONDAY)).toEqual([]);
    expect(accrue(live, MONDAY + 1).map(({ day }) => day)).toEqual([MONDAY + 1]);
  });

  it("charges a day on what was there as it ended, however late it is charged", () => {
    const live = marginPortfolio();
    bought(live, MONDAY);
    bought(live, MONDAY + 3, "b2", "30");
    const late = accrue(live, MONDAY + 3);
    const prompt = marginPortfolio();
    bought(prompt, MONDAY);
    const first = accrue(prompt, MONDAY + 2);
    bought(prompt, MONDAY + 3, "b2", "30");
    const all = [...first, ...accrue(prompt, MONDAY + 3)];
    const figures = (events: readonly Accrued[]) =>
      events.map(({ day, balance, interest }) => ({ day, balance, interest }));
    expect(figures(late)).toEqual(figures(all));
    expect(live.summary().cash).toBe(prompt.summary().cash);
  });

  it("takes several turns for a long absence, and comes to the same", () => {
    const live = marginPortfolio();
    bought(live, MONDAY);
    const counts = [1, 2, 3].map(() => accrue(live, MONDAY + 199).length);
    expect(counts).toEqual([92, 92, 16]);
  });

  it("pays lenders of what is short by the closes of the days, and takes the last one known", () => {
    const live = marginPortfolio();
    const sale = { orderId: "s", side: "sell", quantity: "100", price: "100" } as const;
    ask(live, sale);
    filled(live, sale, MONDAY * DAY_MS);
    const marks = [mark(MONDAY - 1, "99"), mark(MONDAY + 1, "120"), mark(MONDAY + 2, "130")];
    const days = accrue(live, MONDAY + 1, { marks, borrowRates: { AAPL: "0.036" } });
    expect(days).toMatchObject([
      // 20,000 of cash, 9,900 of it the lender's security: 10,100 earn 2 %
      {
        balance: "10100",
        interest: "-0.56111111",
        borrowFees: [
          { quantity: "100", mark: "99", markDay: MONDAY - 1, rate: "0.036", fee: "0.99" },
        ],
        cashChange: "-0.42888889",
      },
      { balance: "7999.57111111", borrowFees: [{ mark: "120", markDay: MONDAY + 1, fee: "1.2" }] },
    ]);
    expect(accrue(live, MONDAY + 2, { borrowRates: { AAPL: "0.036" } })).toMatchObject([
      { borrowFees: [{ mark: "100", markDay: null, fee: "1" }] },
    ]);
  });

  it("is of a cash portfolio only where it was agreed, and pays interest then", () => {
    const plain = opened();
    plain.when(request({}, seen("100")));
    filled(
      plain,
      { orderId: "order-1", side: "buy", quantity: "10", price: "100" },
      MONDAY * DAY_MS,
    );
    expect(accrue(plain, MONDAY + 1)).toEqual([]);
    const paid = opened({ financing: { debitRate: "0", creditRate: "0.0365", dayCount: 365 } });
    paid.when(request({}, seen("100")));
    filled(
      paid,
      { orderId: "order-1", side: "buy", quantity: "10", price: "100" },
      MONDAY * DAY_MS,
    );
    expect(accrue(paid, MONDAY)).toMatchObject([{ balance: "9000", interest: "-0.9" }]);
  });

  it("is in the equity curve, at the end of its day", () => {
    const live = marginPortfolio();
    bought(live, MONDAY);
    accrue(live, MONDAY);
    const points = equityCurve(
      live.recorded.map(({ event }) => event),
      [],
    );
    expect(points.at(-1)).toMatchObject({
      timestampMs: (MONDAY + 1) * DAY_MS - 1,
      cash: "-5000.83333334",
      equity: "9999.16666666",
    });
  });
});
