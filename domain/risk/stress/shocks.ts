import { pairOf, STRESS_CLASSES, type StressClass, type StressPosition } from "./position.ts";

/**
 * What moves. Fractions of a price, unless they say otherwise. `null`: nothing is said of it, which of a hypothesis means that
 * it stays, and of history that it is not known.
 */
export interface Shocks {
  readonly symbols: ReadonlyMap<string, number>;
  readonly sectors: ReadonlyMap<string, number>;
  readonly classes: ReadonlyMap<StressClass, number>;
  /** of a currency's value against all that are not named */
  readonly currencies: ReadonlyMap<string, number>;
  readonly market: number | null;
  /** of yields: 0.01 is 100 basis points */
  readonly rates: number | null;
  /** of implied volatility: 0.01 is one point */
  readonly volatility: number | null;
  /** the price of crude oil, for commodities */
  readonly wti: number | null;
  readonly unsaid: "stays" | "unknown";
}

export interface NamedShocks {
  readonly shocks: Shocks;
  /** names that concern nothing in the book */
  readonly unmatched: readonly string[];
}

const FACTORS = ["market", "rates", "volatility", "wti"] as const;
type Factor = (typeof FACTORS)[number];

/**
 * Shocks by name. `symbol:`, `sector:`, `assetClass:`, `factor:` and `fx:` say what a name is; a bare one is the first of: a
 * factor, an asset class, a symbol of the book, a sector of the book. `ratesBp` is `rates` in basis points.
 */
export function namedShocks(
  given: Iterable<readonly [name: string, shock: number]>,
  positions: readonly StressPosition[],
  baseCurrency: string,
): NamedShocks {
  const held = namesOf(positions, baseCurrency);
  const found = {
    symbols: new Map<string, number>(),
    sectors: new Map<string, number>(),
    classes: new Map<StressClass, number>(),
    currencies: new Map<string, number>(),
    factors: new Map<Factor, number>(),
  };
  const unmatched: string[] = [];
  for (const [name, shock] of given) {
    const target = targetOf(name, held);
    switch (target.kind) {
      case "symbol":
        found.symbols.set(target.name, shock);
        break;
      case "sector":
        found.sectors.set(target.name, shock);
        break;
      case "assetClass":
        found.classes.set(target.name, shock);
        break;
      case "fx":
        found.currencies.set(target.name, shock);
        break;
      case "factor":
        found.factors.set(target.name, target.name === "rates" ? shock * target.unit : shock);
        break;
      case "none":
        break;
    }
    if (!isHeld(target, held)) unmatched.push(name);
  }
  const { factors, ...rest } = found;
  const of = (name: Factor) => factors.get(name) ?? null;
  const moved = {
    market: of("market"),
    rates: of("rates"),
    volatility: of("volatility"),
    wti: of("wti"),
  };
  return { shocks: { ...rest, ...moved, unsaid: "stays" }, unmatched };
}

type Target =
  | { readonly kind: "symbol" | "sector" | "fx"; readonly name: string }
  | { readonly kind: "assetClass"; readonly name: StressClass }
  | { readonly kind: "factor"; readonly name: Factor; readonly unit: number }
  | { readonly kind: "none" };

interface Held {
  readonly symbols: ReadonlySet<string>;
  readonly sectors: ReadonlySet<string>;
  readonly classes: ReadonlySet<string>;
  readonly currencies: ReadonlySet<string>;
}

function namesOf(positions: readonly StressPosition[], baseCurrency: string): Held {
  return {
    symbols: new Set(positions.flatMap(({ symbol, isCash }) => (isCash ? [] : [symbol]))),
    sectors: new Set(positions.flatMap(({ sector }) => sector ?? [])),
    classes: new Set(positions.flatMap(({ assetClass }) => assetClass ?? [])),
    currencies: new Set([
      baseCurrency,
      ...positions.map(({ currency }) => currency),
      ...positions.flatMap(({ symbol, assetClass }) =>
        assetClass === "fx" ? (pairOf(symbol) ?? []) : [],
      ),
    ]),
  };
}

function targetOf(name: string, held: Held): Target {
  const [, prefix, rest = ""] = /^(symbol|sector|assetClass|factor|fx):(.+)$/.exec(name) ?? [];
  switch (prefix) {
    case "symbol":
    case "sector":
    case "fx":
      return { kind: prefix, name: rest };
    case "factor":
      return factorOf(rest) ?? { kind: "none" };
    case "assetClass":
      return classOf(rest) ?? { kind: "none" };
    case undefined:
    default:
      return factorOf(name) ?? classOf(name) ?? heldOf(name, held);
  }
}

function factorOf(name: string): Target | null {
  if (name === "ratesBp") return { kind: "factor", name: "rates", unit: 1e-4 };
  const factor = FACTORS.find((one) => one === name);
  return factor === undefined ? null : { kind: "factor", name: factor, unit: 1 };
}

function classOf(name: string): Target | null {
  const found = STRESS_CLASSES.find((one) => one === name);
  return found === undefined ? null : { kind: "assetClass", name: found };
}

function heldOf(name: string, held: Held): Target {
  return held.sectors.has(name) && !held.symbols.has(name)
    ? { kind: "sector", name }
    : { kind: "symbol", name };
}

function isHeld(target: Target, held: Held): boolean {
  switch (target.kind) {
    case "symbol":
      return held.symbols.has(target.name);
    case "sector":
      return held.sectors.has(target.name);
    case "assetClass":
      return held.classes.has(target.name);
    case "fx":
      return held.currencies.has(target.name);
    case "factor":
      return true;
    case "none":
      return false;
  }
}
