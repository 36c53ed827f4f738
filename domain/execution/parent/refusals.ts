import type { StartedParent } from "./state.ts";

const REFUSED_MAX = 3;
/** A node that comes back has to wait for its first prices: a slice a second may be refused for a minute. */
const BLIND_MAX = 60;

export function isRefusedTooOften({ refusedInRow, blindInRow }: StartedParent): boolean {
  return refusedInRow - blindInRow >= REFUSED_MAX || blindInRow >= BLIND_MAX;
}

/** What an operator is told. */
export function refusalsText({ children, refusedInRow }: StartedParent): string {
  const last = children.at(-1)?.standing;
  const why = last?.text ?? last?.reasons.map(({ message }) => message).join("; ") ?? "";
  return `${String(refusedInRow)} children in a row were refused${why === "" ? "" : `: ${why}`}`;
}
