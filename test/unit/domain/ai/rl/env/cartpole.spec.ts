import { CartPole } from "../../../../../../domain/ai/rl/env/cartpole.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";

const random = RandomStream.of(0, 0);

function at(state: readonly number[]) {
  const cart = new CartPole();
  cart.restore(Float64Array.of(...state, 0));
  return cart;
}

describe("the pole on a cart", () => {
  it("moves as Gymnasium's does: a push from rest gives 0.195122 m/s and −0.292683 rad/s", () => {
    const seen = new Float64Array(4);
    const cart = at([0, 0, 0, 0]);
    expect(cart.step(1, random, seen)).toEqual({
      reward: 1,
      isTerminal: false,
      isTruncated: false,
    });
    expect(seen[0]).toBe(0);
    expect(seen[1]).toBeCloseTo(0.195_122, 6);
    expect(seen[3]).toBeCloseTo(-0.292_683, 6);
    cart.step(0, random, seen);
    expect([...seen].map((value) => value.toFixed(4))).toEqual([
      "0.0039",
      "0.0000",
      "-0.0059",
      "0.0000",
    ]);
  });

  it("is over at 12° or 2.4 m, and cut after 500 steps", () => {
    const seen = new Float64Array(4);
    expect(at([0, 0, 0.22, 0]).step(1, random, seen).isTerminal).toBe(true);
    expect(at([2.5, 0, 0, 0]).step(1, random, seen).isTerminal).toBe(true);
    const old = new CartPole();
    old.restore(Float64Array.of(0, 0, 0, 0, 499));
    expect(old.step(1, random, seen)).toMatchObject({ isTerminal: false, isTruncated: true });
  });

  it("begins within 0.05 of rest", () => {
    const seen = new Float64Array(4);
    new CartPole().reset(RandomStream.of(5, 0), seen);
    expect(Math.max(...seen.map(Math.abs))).toBeLessThan(0.05);
  });
});
