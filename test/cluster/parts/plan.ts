export interface PlannedFault {
  readonly kind: string;
  /** how long it lasts */
  readonly ms: number;
  /** of rest after its repair; 0: the next begins at once */
  readonly restMs: number;
}

const SHORTEST_MS = 1_000;
const LONGEST_MS = 7_000;
const REST_MS = 4_000;

/** So many faults, each kind as often as any other, in an order and of lengths that follow from the seed. */
export function makePlan(
  kinds: readonly string[],
  count: number,
  random: () => number,
): readonly PlannedFault[] {
  const plan: PlannedFault[] = [];
  while (plan.length < count) {
    for (const kind of shuffled(kinds, random).slice(0, count - plan.length)) {
      const ms = Math.round(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
      // Every fourth comes before its predecessor's consequences are over.
      const restMs = random() < 0.25 ? 0 : Math.round(500 + random() * REST_MS);
      plan.push({ kind, ms, restMs });
    }
  }
  return plan;
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
