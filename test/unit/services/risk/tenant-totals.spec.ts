import type { PortfolioSummary } from "../../../../domain/portfolio/messages.ts";
import type { WatchedView } from "../../../../models/risk-policies.ts";
import type { NodeContext } from "../../../../services/context.ts";
import type { LiveBoard } from "../../../../services/risk/live/live-board.ts";
import { TenantTotals } from "../../../../services/risk/live/tenant-totals.ts";
import { ManualClock } from "../../mixins/actor/manual-clock.ts";

const LOOK_MS = 500;
const COMMIT_MS = 10_000;

/** With so many units of one symbol at 100. */
function summaryOf(long: string): PortfolioSummary {
  const line = {
    symbol: "ACME",
    currency: "USD",
    multiplier: "1",
    sector: "",
    long,
    short: "0",
    openBuy: "0",
    openSell: "0",
    isHedged: false,
  };
  // sound: what totals are made of
  return {
    tenantId: "desk",
    portfolioId: "first",
    baseCurrency: "USD",
    status: "open",
    cash: "1000",
    risk: { lines: [line] },
  } as unknown as PortfolioSummary;
}

describe("what the portfolios of a tenant come to", () => {
  let clock: ManualClock;
  let totals: TenantTotals;
  /** what is on record */
  let view: WatchedView;

  const record = (version: number, long: string): void => {
    // sound: a summary is JSON
    view = { portfolioId: "first", version, doc: summaryOf(long) as unknown as WatchedView["doc"] };
  };
  const look = (ms = LOOK_MS): Promise<void> => clock.advance(ms);
  const gross = (): string | undefined =>
    totals
      .othersOf({ tenantId: "desk", portfolioId: "second", baseCurrency: "USD" }, 1e9)
      ?.gross.toFixed();

  beforeEach(async () => {
    clock = new ManualClock();
    const nothing = (): Promise<void> => Promise.resolve();
    const board = {
      follow: nothing,
      followRates: nothing,
      markOf: () => "100",
      rateOf: () => null,
    };
    const node = {
      clock,
      pool: { query: () => Promise.resolve({ rows: [view] }) },
      log: { warn: () => undefined },
    };
    // sound: all that totals use of the two
    totals = new TenantTotals(node as unknown as NodeContext, board as unknown as LiveBoard);
    record(4, "0");
    await totals.follow("desk");
  });

  afterEach(() => totals.stop());

  it("counts what a turn has decided while the record does not have it yet", async () => {
    expect(gross()).toBe("0");
    totals.saw(summaryOf("5"), 5);
    expect(gross()).toBe("500");
    await look();
    expect(gross()).toBe("500");
    record(5, "5");
    await look();
    record(6, "2");
    await look();
    expect(gross()).toBe("200");
  });

  it("goes by the record again when a decision never came to it", async () => {
    totals.saw(summaryOf("5"), 5);
    await look(COMMIT_MS + LOOK_MS);
    expect(gross()).toBe("0");
  });

  it("counts a portfolio that was opened since the last look from its first turn on", () => {
    totals.saw({ ...summaryOf("3"), portfolioId: "third" }, 1);
    expect(gross()).toBe("300");
  });

  it("is not known of a tenant that nobody follows", () => {
    const asker = { tenantId: "other", portfolioId: "second", baseCurrency: "USD" };
    expect(totals.othersOf(asker, 1e9)).toBeNull();
  });
});
