import type { Violation } from "../check/check.ts";

const SHOWN = 10;

/** The first violations of each kind. */
export function show(violations: readonly Violation[]): void {
  for (const [kind, found] of Map.groupBy(violations, (violation) => violation.kind)) {
    console.log(`${kind}: ${found.length}`);
    for (const { text } of found.slice(0, SHOWN)) console.log(`  ${text}`);
  }
}
