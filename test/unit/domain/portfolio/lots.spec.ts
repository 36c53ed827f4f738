import { changeLots, fillLots } from "../../../../domain/portfolio/lots.ts";
import type { Lot } from "../../../../domain/portfolio/messages.ts";
import { dec } from "../../../../domain/shared/decimal.ts";

describe("the average method", () => {
  it("keeps one lot, however many fills there were", () => {
    let lots: readonly Lot[] = [];
    for (const price of [10, 20, 30])
      lots = changeLots(lots, fillLots(lots, "average", dec(1), dec(price)));
    expect(lots).toEqual([{ quantity: "3", cost: "60" }]);
  });
});

describe("a part of a lot", () => {
  // 0.5 and 2.5 steps of 10⁻⁸: to even is down in both, where half up would release more
  it.each([
    ["0.00000001", "0.00000001"],
    ["0.00000005", "0.00000003"],
  ])("of cost %s is released half to even and leaves %s", (cost, left) => {
    const lots = [{ quantity: "2", cost }];
    const change = fillLots(lots, "fifo", dec(-1), dec(1));
    expect(changeLots(lots, change)).toEqual([{ quantity: "1", cost: left }]);
  });
});

describe("a lot that is worth less than the rounding step", () => {
  it("never releases more cost than it has", () => {
    const dust = [{ quantity: "1.1", cost: "0.000000006" }];
    const change = fillLots(dust, "average", dec(-1), dec(1));
    expect(changeLots(dust, change)).toEqual([{ quantity: "0.1", cost: "0" }]);
  });
});
