import { array, assert, double, property, record, string, dictionary } from "fast-check";
import { fromBytes, toBytes } from "../../../../../domain/ai/rl/checkpoint.ts";

const arrays = dictionary(string({ maxLength: 8 }), array(double(), { maxLength: 20 }));
const checkpoints = record({
  algorithm: string(),
  numbers: dictionary(string({ maxLength: 8 }), double({ noNaN: true, noDefaultInfinity: true })),
  arrays,
});

describe("a checkpoint as bytes", () => {
  it("comes back as it was, to the bit", () => {
    assert(
      property(checkpoints, ({ algorithm, numbers, arrays: plain }) => {
        const whole = {
          algorithm,
          // JSON has no −0.
          numbers: Object.fromEntries(Object.entries(numbers).map(([k, v]) => [k, v + 0])),
          arrays: Object.fromEntries(
            Object.entries(plain).map(([name, values]) => [name, Float64Array.from(values)]),
          ),
        };
        expect(toBytes(fromBytes(toBytes(whole)))).toEqual(toBytes(whole));
        expect(fromBytes(toBytes(whole)).arrays).toEqual(whole.arrays);
      }),
      { numRuns: 60 },
    );
  });

  it("does not depend on the order in which it was put together", () => {
    const [one, two] = [Float64Array.of(1), Float64Array.of(2)];
    const a = { algorithm: "x", numbers: { m: 1, n: 2 }, arrays: { one, two } };
    const b = { algorithm: "x", numbers: { n: 2, m: 1 }, arrays: { two, one } };
    expect(toBytes(a)).toEqual(toBytes(b));
  });

  it("that is cut short, or is something else, is refused", () => {
    const bytes = toBytes({ algorithm: "x", numbers: {}, arrays: { one: Float64Array.of(1, 2) } });
    expect(() => fromBytes(bytes.slice(0, -1))).toThrow(RangeError);
    expect(() => fromBytes(new Uint8Array([1, 2]))).toThrow(RangeError);
    expect(() => fromBytes(new Uint8Array(64).fill(255))).toThrow(RangeError);
  });
});
