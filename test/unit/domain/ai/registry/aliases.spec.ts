import {
  NO_ALIASES,
  previousChampion,
  withChallenger,
  withChampion,
  without,
  withShadow,
} from "../../../../../domain/ai/registry/aliases.ts";
import type { Aliases } from "../../../../../domain/ai/model/version.ts";

const any = () => true;

function history(...steps: readonly (readonly [string, number])[]) {
  let before: Aliases = NO_ALIASES;
  return steps.map(([action, champion]) => {
    const move = { action, before, after: withChampion(before, champion) };
    before = move.after;
    return move;
  });
}

describe("aliases", () => {
  it("a version that becomes the champion is neither challenger nor shadow any more", () => {
    const staged = withShadow(withChallenger(NO_ALIASES, 3), [3, 2, 2]);
    expect(staged).toEqual({ champion: null, challenger: 3, shadow: [2, 3] });
    expect(withChampion(staged, 3)).toEqual({ champion: 3, challenger: null, shadow: [2] });
    expect(without(staged, 2)).toEqual({ champion: null, challenger: 3, shadow: [3] });
  });

  it("a roll-back returns to the champion before, and the next one further back", () => {
    const promoted = history(["promote", 1], ["promote", 2], ["promote", 3]);
    expect(previousChampion(promoted, any)).toBe(2);
    const back = history(["promote", 1], ["promote", 2], ["promote", 3], ["rollback", 2]);
    expect(previousChampion(back, any)).toBe(1);
    const farther = [
      ...back,
      ...history(["rollback", 1]).map((m) => ({ ...m, before: withChampion(NO_ALIASES, 2) })),
    ];
    expect(previousChampion(farther, any)).toBeNull();
  });

  it("what was promoted after a roll-back is rolled back to what stood then", () => {
    const moves = history(["promote", 1], ["promote", 2], ["rollback", 1], ["promote", 4]);
    expect(previousChampion(moves, any)).toBe(1);
  });

  it("passes over versions that may not be returned to, and knows the first champion of a history that was cut", () => {
    const moves = history(["promote", 1], ["promote", 2], ["promote", 3]);
    expect(previousChampion(moves, (version) => version !== 2)).toBe(1);
    expect(previousChampion(moves.slice(1), any)).toBe(2);
    expect(previousChampion(moves.slice(2), any)).toBe(2);
    expect(previousChampion([], any)).toBeNull();
  });
});
