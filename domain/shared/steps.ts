/**
 * A computation that stops now and then: whoever drives it decides what happens between two steps. What comes out does not depend on
 * where it stops.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Units of work between two stops; a unit is a few sums or a logarithm, so that a step takes a millisecond or two. */
export const UNITS_A_STEP = 32_768;

/**
 * Works through `count` rows, as many at a time as a step takes.
 * @param unitsARow what a row costs, 1 or more
 * @param work on the rows from `from` to before `until`
 */
export function* inSpans(
  count: number,
  unitsARow: number,
  work: (from: number, until: number) => void,
): Steps<void> {
  const size = Math.max(1, Math.floor(UNITS_A_STEP / unitsARow));
  for (let from = 0; from < count; from += size) {
    work(from, Math.min(from + size, count));
    yield;
  }
}

/** All steps at once. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
