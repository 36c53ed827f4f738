import * as fc from "fast-check";
import { checkBar } from "../../../../domain/market/check-bar.ts";
import { dec, text } from "../../../../domain/shared/decimal.ts";

const NOW_MS = Date.UTC(2030, 0);

const digits = (min: number, max: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max })
    .map((d) => d.join(""));

/** Plain decimals, with zeros at both ends that say nothing. */
const decimal = fc
  .tuple(fc.constantFrom("", "-"), digits(1, 20), fc.option(digits(1, 18)))
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === null ? "" : `.${fraction}`}`);

/** Decimals that lie close together, so that their order hangs on the last digits. */
const near = fc
  .tuple(decimal, fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 18 }))
  .map(([value, units, place]) => {
    const other = dec(value).plus(dec(units).times(`1e-${place}`));
    return [value, text(other)] as const;
  })
  .filter(([, other]) => /^-?\d{1,20}(?:\.\d{1,18})?$/.test(other));

function check(fields: Readonly<Record<string, string>>) {
  const zeros = { open: "0", high: "0", low: "0", close: "0", volume: "0" };
  const named = { symbol: "LAW", timeframe: "1d", startMs: 0, source: "law" };
  return checkBar({ ...named, ...zeros, ...fields }, { nowMs: NOW_MS });
}

describe("the check of a bar", () => {
  it("writes every decimal as decimal.js does", () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const checked = check({ open: value, high: value, low: value, close: value });
        const canonical = text(dec(value));
        expect(checked).toMatchObject({ accepted: { open: canonical, low: canonical } });
      }),
      { numRuns: 2_000 },
    );
  });

  it("orders prices as decimal.js does, to the last digit", () => {
    fc.assert(
      fc.property(near, ([high, low]) => {
        const checked = check({ high, low, open: low, close: low });
        const isFault = dec(high).lessThan(low);
        expect("refused" in checked && checked.refused.reason).toBe(isFault && "HIGH_BELOW_LOW");
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a volume exactly when decimal.js has it below zero", () => {
    fc.assert(
      fc.property(decimal, (volume) => {
        const checked = check({ volume });
        expect("refused" in checked).toBe(dec(volume).lessThan(0));
      }),
      { numRuns: 500 },
    );
  });
});
