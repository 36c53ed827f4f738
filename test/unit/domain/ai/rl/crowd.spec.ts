import type { Policy } from "../../../../../domain/ai/rl/agents/learner.ts";
import { Crowd } from "../../../../../domain/ai/rl/crowd.ts";

const seen = Float64Array.of(0);

function sure(action: number): Policy {
  const values = Float64Array.from({ length: 3 }, (_, i) => (i === action ? 1 : 0));
  return { width: 1, actions: 3, choose: () => ({ action, probabilities: null, values }) };
}

function split(probabilities: readonly number[]): Policy {
  const choice = { action: 0, probabilities: Float64Array.from(probabilities), values: null };
  return { width: 1, actions: 3, choose: () => choice };
}

const long = { positions: "longShort" } as const;

describe("policies as one", () => {
  it("take what they hold likeliest on average", () => {
    const crowd = new Crowd([split([0.6, 0.3, 0.1]), split([0, 0.3, 0.7])], long);
    const { action, shares, values } = crowd.judge(seen, 0);
    expect(action).toBe(2);
    expect(shares.map((share) => share.toFixed(2))).toEqual(["0.30", "0.30", "0.40"]);
    expect(values).toBeNull();
  });

  it("of those that only value have a vote each", () => {
    const { action, shares, values } = new Crowd([sure(0), sure(2), sure(2)], long).judge(seen, 0);
    expect({ action, shares }).toEqual({ action: 2, shares: [1 / 3, 0, 2 / 3] });
    expect(values).toEqual([1 / 3, 0, 2 / 3]);
  });

  it("when even keep what is held, else take the smallest position", () => {
    const even = new Crowd([sure(0), sure(2)], long);
    expect(even.judge(seen, 1).action).toBe(2);
    expect(even.judge(seen, -1).action).toBe(0);
    expect(new Crowd([sure(0), sure(1)], long).judge(seen, 1).action).toBe(1);
  });
});
