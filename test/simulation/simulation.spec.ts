import { simulate } from "./simulate.ts";
import type { Result } from "./simulate.ts";
import { MUTATIONS } from "./store/database.ts";
import type { Mutation } from "./store/database.ts";
import { INVARIANTS } from "./trace.ts";

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);
/**
 * Within so many seeds a missing safeguard must show, from the first on. The rarest shows in one of 15; the bound leaves room
 * for what a change elsewhere does to the seeds.
 */
const SHOWS_WITHIN = 200;
const TIMEOUT_MS = 300_000;

const FAULTS = [
  "broken connection",
  "broker takes an order and answers 503",
  "bus outage",
  "clock jump",
  "crash",
  "crash at a step",
  "crash at a step soon",
  "cut from a node",
  "cut from the exchange",
  "cut from the store",
  "drop",
  "duplicate",
  "freeze",
  "late",
  "report twice",
  "session ended",
  "slow commit",
  "stop",
  "store restart",
  "store stall",
];

async function firstBroken(mutation: Mutation): Promise<number | null> {
  for (let seed = 1; seed <= SHOWS_WITHIN; seed++) {
    const { violations } = await simulate(seed, { mutation });
    if (violations.length > 0) return seed;
  }
  return null;
}

function kindsIn(counts: readonly Readonly<Record<string, number>>[]): readonly string[] {
  return [...new Set(counts.flatMap((each) => Object.keys(each)))].toSorted();
}

describe("the simulator", () => {
  const results: Result[] = [];

  beforeAll(async () => {
    for (const seed of SEEDS) results.push(await simulate(seed));
  }, TIMEOUT_MS);

  it(`finds no invariant broken in ${SEEDS.length} seeds`, () => {
    const broken = results.filter(({ violations }) => violations.length > 0);
    expect(broken.map(({ seed, violations }) => ({ seed, violations }))).toEqual([]);
  });

  it("checks every invariant, and makes every kind of fault", () => {
    const checks = kindsIn(results.map((result) => result.checks));
    const faults = kindsIn(results.map((result) => result.faults));
    expect(checks).toEqual(INVARIANTS.toSorted());
    expect(faults).toEqual(FAULTS);
  });

  it("does the same again for the same seed, whatever ran in between", async () => {
    expect(await simulate(7)).toEqual(results[6]);
  });

  it("does something else for another seed", () => {
    const digests = new Set(results.map(({ digest }) => digest));
    expect(digests.size).toBe(SEEDS.length);
  });

  it.each(MUTATIONS)(
    "finds a fault within a fixed number of seeds when the %s is taken out",
    async (mutation) => {
      const seed = await firstBroken(mutation);
      expect(seed).not.toBeNull();
    },
    TIMEOUT_MS,
  );
});
