import type { Aliases } from "../model/version.ts";

export const NO_ALIASES: Aliases = { champion: null, challenger: null, shadow: [] };

/** The champion is neither its own challenger nor its own shadow. */
export function withChampion(aliases: Aliases, version: number): Aliases {
  return { ...without(aliases, version), champion: version };
}

export function withChallenger({ champion, shadow }: Aliases, version: number | null): Aliases {
  return { champion, challenger: version, shadow };
}

/** In ascending order, each once. */
export function withShadow(
  { champion, challenger }: Aliases,
  versions: readonly number[],
): Aliases {
  return { champion, challenger, shadow: [...new Set(versions)].toSorted((a, b) => a - b) };
}

/** No alias names the version any more. */
export function without({ champion, challenger, shadow }: Aliases, version: number): Aliases {
  return {
    champion: champion === version ? null : champion,
    challenger: challenger === version ? null : challenger,
    shadow: shadow.filter((one) => one !== version),
  };
}

export function isSame(a: Aliases, b: Aliases): boolean {
  return (
    a.champion === b.champion &&
    a.challenger === b.challenger &&
    a.shadow.length === b.shadow.length &&
    a.shadow.every((version, i) => version === b.shadow[i])
  );
}

interface Move {
  readonly action: string;
  readonly before: Aliases;
  readonly after: Aliases;
}

/**
 * The champion that a roll-back returns to: promotions pile up, each roll-back takes one off the pile. Versions that may not be
 * returned to (archived ones) are passed over.
 * @param moves oldest first
 * @returns null when there was none before
 */
export function previousChampion(
  moves: readonly Move[],
  mayReturn: (version: number) => boolean,
): number | null {
  const pile: number[] = [];
  for (const { action, before, after } of moves) {
    if (after.champion === before.champion) continue;
    if (action === "rollback") while (pile.length > 0 && pile.at(-1) !== after.champion) pile.pop();
    // The beginning may be forgotten: then what was there before is known from the first move that is not.
    else if (pile.length === 0 && before.champion !== null) pile.push(before.champion);
    if (after.champion !== null && pile.at(-1) !== after.champion) pile.push(after.champion);
  }
  return pile.slice(0, -1).findLast(mayReturn) ?? null;
}
