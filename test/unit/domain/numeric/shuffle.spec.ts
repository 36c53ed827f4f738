import { RandomStream } from "../../../../domain/numeric/random.ts";
import { shuffle } from "../../../../domain/numeric/shuffle.ts";

describe("shuffle", () => {
  test("keeps every value once, and the seed decides the order", () => {
    const values = Int32Array.from({ length: 100 }, (_, i) => i);
    const [one, again, other] = [1, 1, 2].map((seed) =>
      shuffle(Int32Array.from(values), RandomStream.of(seed, 0)),
    );
    expect(one?.toSorted()).toEqual(values);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test("gives each of the six orders of three values about as often", () => {
    const random = RandomStream.of(7, 0);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i += 1) {
      const order = shuffle(Int32Array.of(0, 1, 2), random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Each is binomial with mean 1,000 and deviation 29.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
