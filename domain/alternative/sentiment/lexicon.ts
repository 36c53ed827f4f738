import { BREAKS, DEGREES, DIRECTIONS, NEGATIONS, QUANTITIES, VERDICTS } from "./words.ts";

/** One thing that a text says, good or bad. */
export interface Opinion {
  /** what it was found by: a direction with the quantity that it moves, a direction alone, or a verdict */
  readonly kind: "move" | "direction" | "verdict";
  /** above 0 good, below 0 bad */
  readonly value: number;
  readonly isNegated: boolean;
}

/** How far from its direction a quantity may stand, words. */
const REACH = 4;
const NEGATION_REACH = 3;
/** Of a direction that nothing is said to move: mostly the price of the shares. */
const BARE_DIRECTION = 0.5;
/** Opinions of this weight in all are half of certainty. */
const DOUBT = 1;

/** Small words, numbers without digits' meaning, and the marks that part thoughts. */
export function tokensOf(text: string): readonly string[] {
  return (
    text
      .toLowerCase()
      .replaceAll("’", "'")
      .match(/[a-z][a-z']*|\d[\d.,]*%?|[;:,]/g) ?? []
  );
}

/** What a text says, thought by thought: "loss narrows" is good, "costs rise" bad, "no layoffs" better than layoffs. */
export function opinionsOf(tokens: readonly string[]): readonly Opinion[] {
  return clausesOf(tokens).flatMap(opinionsIn);
}

/** @returns −1 to 1; 0 when the text says nothing that the lists know */
export function lexiconScore(text: string): number {
  const opinions = opinionsOf(tokensOf(text));
  let [sum, weight] = [0, 0];
  for (const { value } of opinions) {
    sum += value;
    weight += Math.abs(value);
  }
  return weight === 0 ? 0 : sum / (weight + DOUBT);
}

function clausesOf(tokens: readonly string[]): readonly (readonly string[])[] {
  const clauses: string[][] = [[]];
  for (const token of tokens) {
    if (BREAKS.has(token)) clauses.push([]);
    else clauses.at(-1)?.push(token);
  }
  return clauses.filter((clause) => clause.length > 0);
}

function opinionsIn(clause: readonly string[]): readonly Opinion[] {
  const used = new Set<number>();
  const opinions: Opinion[] = [];
  clause.forEach((word, at) => {
    const direction = DIRECTIONS.get(word);
    if (direction === undefined || used.has(at)) return;
    const quantity = nearestQuantity(clause, at);
    if (quantity === null) {
      if (VERDICTS.has(word)) return;
      opinions.push(said("direction", direction * BARE_DIRECTION, clause, at));
      return;
    }
    used.add(quantity.at);
    opinions.push(said("move", direction * quantity.sign, clause, at));
  });
  clause.forEach((word, at) => {
    const verdict = VERDICTS.get(word);
    if (verdict !== undefined && !used.has(at)) opinions.push(said("verdict", verdict, clause, at));
  });
  return opinions;
}

/** The nearer one; of two as near the one before, which is the subject. */
function nearestQuantity(
  clause: readonly string[],
  from: number,
): { readonly at: number; readonly sign: number } | null {
  for (let distance = 1; distance <= REACH; distance += 1) {
    for (const at of [from - distance, from + distance]) {
      const sign = QUANTITIES.get(clause[at] ?? "");
      if (sign !== undefined) return { at, sign };
    }
  }
  return null;
}

function said(
  kind: Opinion["kind"],
  value: number,
  clause: readonly string[],
  at: number,
): Opinion {
  const before = clause.slice(Math.max(0, at - NEGATION_REACH), at);
  const isNegated = before.some((word) => NEGATIONS.has(word));
  const beside = [clause[at - 1] ?? "", clause[at + 1] ?? ""];
  const degree = beside.reduce((product, word) => product * (DEGREES.get(word) ?? 1), 1);
  // What is denied is not its opposite in full: "no layoffs" is less good than "hires".
  return { kind, value: isNegated ? value * -0.6 : value * degree, isNegated };
}
