import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import type { Sample } from "../../../../../domain/ai/learning/sample.ts";
import { AGENTS } from "../../../../../domain/ai/rl/agents/index.ts";
import { toBytes } from "../../../../../domain/ai/rl/checkpoint.ts";
import { checkLesson, examine, learn, type Lesson } from "../../../../../domain/ai/rl/learn.ts";
import { noveltyOf } from "../../../../../domain/ai/rl/prepare.ts";
import { DAY_MS, hintedSample, sampleOf } from "./markets.ts";

const run = { report: () => undefined, isCancelled: false };
const ROWS = 900;
const BORDER = 600;

function lessonOf(sample: Sample, features: readonly string[] = ["hint", "noise"]): Lesson {
  const given = { bins: 5, reach: 1.5, gamma: 0, rateFall: 1, rateMin: 0.001 };
  const read = readParameters(AGENTS.qlearning.parameters, given);
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  return {
    sample,
    features,
    terms: {
      algorithm: "qlearning",
      parameters: read.parameters,
      trading: {
        positions: "longShort",
        feeBps: 1,
        slippageBps: 0,
        reward: "logReturn",
        episodeBars: 100,
        drawdownStop: null,
        unrealised: false,
      },
      train: { startMs: 0, endMs: BORDER * DAY_MS },
      test: { startMs: BORDER * DAY_MS, endMs: ROWS * DAY_MS },
    },
  };
}

const lesson = lessonOf(hintedSample(ROWS, 5));
const outlook = checkLesson(lesson);

describe("a lesson in a market with a hint", () => {
  it("is learnt: on bars not seen all seeds earn more than buying and holding, chance and the threshold rule", () => {
    const acting = [1, 2, 3].map((seed) => ({
      seed,
      checkpoint: learn(lesson, seed, null, 30_000, run),
    }));
    const found = examine(lesson, outlook, lesson.terms.test, "testRange", acting);
    expect(found.bars).toBe(ROWS - 1 - BORDER);
    expect(found.spread.sharpe?.min).toBeGreaterThan(3);
    expect(found.agent.sharpe ?? 0).toBeGreaterThan(3);
    const others = [found.buyAndHold.sharpe, found.threshold.sharpe, found.random.sharpe?.max];
    for (const other of others) expect(other ?? 0).toBeLessThan(found.spread.sharpe?.min ?? 0);
    expect(found.seeds.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  });

  it("hears nothing of the test range: other bars there leave the same bits", () => {
    const first = toBytes(learn(lesson, 1, null, 2_000, run));
    const { sample } = lesson;
    const later = (values: Float64Array, width: number) =>
      values.map((value, i) => (i > BORDER * width + width - 1 ? -7 * value : value));
    const other: Sample = {
      ...sample,
      x: { ...sample.x, data: later(sample.x.data, 2) },
      logReturn: later(sample.logReturn, 1),
    };
    expect(toBytes(learn({ ...lesson, sample: other }, 1, null, 2_000, run))).toEqual(first);
    expect(checkLesson({ ...lesson, sample: other })).toEqual(outlook);
  });
});

describe("what cannot be learnt from is refused", () => {
  const returns = Array.from({ length: ROWS }, (_, i) => 0.01 * Math.sin(i * 1.7));
  const wave = returns.map((_, i) => Math.cos(i));

  it.each([
    ["too few bars", sampleOf(returns.slice(0, 50), [wave]), "INSUFFICIENT_DATA"],
    ["no bars to be tried on", sampleOf(returns.slice(0, BORDER), [wave]), "INSUFFICIENT_DATA"],
    ["a feature that never varies", sampleOf(returns, [wave.map(() => 3)]), "VALIDATION_FAILED"],
    [
      "features without values",
      sampleOf(returns, [wave.map(() => Number.NaN)]),
      "INSUFFICIENT_DATA",
    ],
    [
      "a price that never moves",
      sampleOf(
        returns.map(() => 0),
        [wave],
      ),
      "INSUFFICIENT_DATA",
    ],
    ["infinite features", sampleOf(returns, [wave.map(() => Infinity)]), "INSUFFICIENT_DATA"],
  ])("%s", (_, sample, code) => {
    expect(() => checkLesson(lessonOf(sample, ["wave"]))).toThrow(
      expect.objectContaining({ name: "FitRefused", code }),
    );
  });
});

describe("novelty", () => {
  it("is 1 half as far again from the mean as training went", () => {
    const reach = outlook.reach;
    expect(noveltyOf([1.5 * (reach[0] ?? 0), 0], outlook)).toBeCloseTo(1, 12);
    expect(noveltyOf([0, 0], outlook)).toBe(0);
  });
});
