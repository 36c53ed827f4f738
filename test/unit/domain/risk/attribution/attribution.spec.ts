import { array, assert, double, property, tuple } from "fast-check";
import {
  addUp,
  attribute,
  type AttributionMethod,
  type GroupPeriod,
} from "../../../../../domain/risk/attribution/brinson.ts";
import {
  compoundGeometric,
  LINKINGS,
  linkEffects,
} from "../../../../../domain/risk/attribution/link.ts";

const group = (
  name: string,
  [portfolioWeight, benchmarkWeight]: readonly [number, number],
  [portfolioReturn, benchmarkReturn]: readonly [number | null, number | null],
): GroupPeriod => ({
  group: name,
  portfolioWeight,
  benchmarkWeight,
  portfolioReturn,
  benchmarkReturn,
});

/** Bacon (2008), Practical Portfolio Performance Measurement and Attribution, 2nd ed., table 5.1. */
const BACON = [
  group("UK", [0.4, 0.4], [0.2, 0.1]),
  group("Japan", [0.3, 0.2], [-0.05, -0.04]),
  group("US", [0.3, 0.4], [0.06, 0.08]),
];

const percents = (values: readonly number[]) =>
  values.map((value) => Math.round(value * 1e6) / 1e4);
const column = (method: AttributionMethod, name: "allocation" | "selection" | "interaction") =>
  percents(attribute(BACON, method).groups.map((one) => one[name]));

describe("attribution of one period", () => {
  // Bacon, tables 5.2 to 5.4: 8.3 % against 6.4 %.
  it("is Bacon's by Brinson, Hood and Beebower", () => {
    expect(column("brinsonHoodBeebower", "allocation")).toEqual([0, -0.4, -0.8]);
    expect(column("brinsonHoodBeebower", "selection")).toEqual([4, -0.2, -0.8]);
    expect(column("brinsonHoodBeebower", "interaction")).toEqual([0, -0.1, 0.2]);
    const found = attribute(BACON, "brinsonHoodBeebower");
    expect(percents([found.portfolioReturn, found.benchmarkReturn])).toEqual([8.3, 6.4]);
  });

  it("is Bacon's by Brinson and Fachler", () => {
    expect(column("brinsonFachler", "allocation")).toEqual([0, -1.04, -0.16]);
    expect(column("brinsonFachler", "selection")).toEqual([4, -0.2, -0.8]);
  });

  // Bacon, §5.4: the semi-notional fund earns 5.2 %: 1.052/1.064 and 1.083/1.052.
  it("is Bacon's by the geometric method", () => {
    const { total } = attribute(BACON, "geometric");
    expect(total.allocation).toBeCloseTo(1.052 / 1.064 - 1, 12);
    expect(total.selection).toBeCloseTo(1.083 / 1.052 - 1, 12);
  });

  it("blames nobody for what was not held, nor for what the benchmark lacks", () => {
    const found = attribute(
      [
        group("A", [1, 0.5], [0.1, 0.1]),
        group("B", [0, 0.5], [null, 0.3]),
        group("C", [0, 0], [null, null]),
      ],
      "brinsonFachler",
    );
    expect(found.groups[1]?.selection).toBeCloseTo(0, 15);
    expect(found.total.allocation).toBeCloseTo(0.1 - 0.2, 12);
    const other = attribute(
      [group("A", [1, 0], [0.1, null]), group("B", [0, 1], [null, 0.3])],
      "brinsonFachler",
    );
    expect(other.total).toMatchObject({ selection: 0 });
  });
});

const fraction = double({ min: 0.01, max: 1, noNaN: true });
const change = double({ min: -0.5, max: 0.8, noNaN: true });
const period = array(tuple(fraction, fraction, change, change), { minLength: 1, maxLength: 5 }).map(
  (rows) => {
    const [portfolio, benchmark] = [0, 1].map((side) =>
      rows.reduce((sum, row) => sum + (row[side] ?? 0), 0),
    );
    return rows.map(([wp, wb, rp, rb], i) =>
      group(`G${i}`, [wp / (portfolio ?? 1), wb / (benchmark ?? 1)], [rp, rb]),
    );
  },
);
const allOf = (effects: Parameters<typeof addUp>[0]) => {
  const { allocation, selection, interaction } = addUp(effects);
  return allocation + selection + interaction;
};

describe("effects", () => {
  it.each(["brinsonHoodBeebower", "brinsonFachler"] as const)(
    "of %s add up to the active return",
    (method) => {
      assert(
        property(period, (groups) => {
          const found = attribute(groups, method);
          expect(allOf(found.groups)).toBeCloseTo(
            found.portfolioReturn - found.benchmarkReturn,
            12,
          );
        }),
      );
    },
  );

  it("of the geometric method compound to the ratio of returns", () => {
    assert(
      property(array(period, { minLength: 1, maxLength: 6 }), (periods) => {
        const found = compoundGeometric(periods.map((groups) => attribute(groups, "geometric")));
        const { allocation, selection } = addUp(found.groups);
        const ratio = (1 + found.portfolioReturn) / (1 + found.benchmarkReturn);
        expect((1 + allocation) * (1 + selection)).toBeCloseTo(ratio, 9);
      }),
    );
  });

  it.each(LINKINGS)("linked by %s add up to the compounded active return", (linking) => {
    assert(
      property(array(period, { minLength: 1, maxLength: 8 }), (periods) => {
        const found = linkEffects(
          periods.map((groups) => attribute(groups, "brinsonFachler")),
          linking,
        );
        const active = found.portfolioReturn - found.benchmarkReturn;
        expect(Math.abs(allOf(found.groups) - active)).toBeLessThan(
          1e-9 * (1 + Math.abs(found.portfolioReturn) + Math.abs(found.benchmarkReturn)),
        );
      }),
    );
  });

  it("of one period are not changed by linking", () => {
    for (const linking of LINKINGS) {
      const one = attribute(BACON, "brinsonFachler");
      const [uk] = linkEffects([one], linking).groups;
      expect(uk?.selection).toBeCloseTo(0.04, 14);
    }
  });

  // Two periods by hand: active 1 % then 2 % on a benchmark of 10 % and 5 %. Rₚ = 1.11·1.07 − 1, R_b = 1.1·1.05 − 1.
  it("are linked by Carino's factors", () => {
    const first = attribute([group("A", [1, 1], [0.11, 0.1])], "brinsonFachler");
    const second = attribute([group("A", [1, 1], [0.07, 0.05])], "brinsonFachler");
    const [rp, rb] = [1.11 * 1.07 - 1, 1.1 * 1.05 - 1];
    const k = (Math.log(1 + rp) - Math.log(1 + rb)) / (rp - rb);
    const linked =
      0.01 * (Math.log(1.11 / 1.1) / 0.01 / k) + 0.02 * (Math.log(1.07 / 1.05) / 0.02 / k);
    const [a] = linkEffects([first, second], "carino").groups;
    expect(a?.selection).toBeCloseTo(linked, 12);
    expect(a?.selection).toBeCloseTo(rp - rb, 12);
  });
});
