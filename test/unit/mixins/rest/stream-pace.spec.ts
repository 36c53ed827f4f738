import { loopPace, pauseMsAt } from "../../../../mixins/rest/stream-pace.ts";

it("a loop that has no time left tells 2,500 clients a second, one at rest more than twice as many", () => {
  expect(1_000 / pauseMsAt(1)).toBeCloseTo(2_500, 6);
  expect(1_000 / pauseMsAt(0)).toBeGreaterThan(6_600);
});

it.each([Number.NaN, -1, 2, Infinity])("a utilization of %p counts as a busy loop", (found) => {
  expect(pauseMsAt(found)).toBe(pauseMsAt(1));
});

it("a handful of clients are told at once, many with a pause after them", () => {
  const pace = loopPace();
  expect([0, 1, 2].map(pace)).toEqual([0, 0, 0]);
  expect(pace(64)).toBeGreaterThanOrEqual(64 * pauseMsAt(0));
  expect(pace(64)).toBeLessThanOrEqual(64 * pauseMsAt(1));
});
