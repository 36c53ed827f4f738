import { dot } from "../../numeric/matrix.ts";
import { solveQuadratic } from "../../numeric/quadratic-program.ts";
import type { QuadraticProgram } from "../../numeric/interior-point.ts";
import { weightProgram, type WeightLimits, type WeightRow } from "./limits.ts";

/** What an objective demands beside the limits, by the name that a conflict is told with. */
export interface Demand {
  readonly name: string;
  readonly row: WeightRow;
}

/** Beside the size of the weights: what counts as kept. */
const TOLERANCE = 1e-8;
/** Stands for no bound at all: weights beyond it are nobody's. */
const FAR = 1e3;

/**
 * Which limits cannot be kept together: each of them is needed for the conflict, the others could go.
 * @returns empty when all can be kept
 */
export function conflictsOf(limits: WeightLimits, demands: readonly Demand[]): readonly string[] {
  if (isFeasible(limits, demands)) return [];
  let kept = piecesOf(limits, demands);
  // A piece without which the rest is still impossible has no part in it.
  for (const piece of kept) {
    const rest = kept.filter((one) => one !== piece);
    const { limits: fewer, demands: wanted } = assembled(limits, rest);
    if (!isFeasible(fewer, wanted)) kept = rest;
  }
  return kept.map(({ name }) => name);
}

interface Piece {
  readonly name: string;
  put(onto: Draft): void;
}

interface Draft {
  limits: WeightLimits;
  demands: Demand[];
}

function piecesOf(limits: WeightLimits, demands: readonly Demand[]): readonly Piece[] {
  const { budget, turnover, leverage, groups, min, max } = limits;
  return [
    ...demands.map((demand) => ({
      name: demand.name,
      put: (onto: Draft) => {
        onto.demands = [...onto.demands, demand];
      },
    })),
    ...(turnover === null ? [] : [change("turnover", { turnover })]),
    ...(leverage === null ? [] : [change("leverage", { leverage })]),
    ...groups.flatMap(({ name, members, min: least, max: most }) => [
      ...(least === undefined
        ? []
        : [ofGroup(`groups.${name}.min`, { name, members, min: least })]),
      ...(most === undefined ? [] : [ofGroup(`groups.${name}.max`, { name, members, max: most })]),
    ]),
    change("max", { max }),
    change("min", { min }),
    ...(budget === null ? [] : [change("budget", { budget })]),
  ];
}

function change(name: string, part: Partial<WeightLimits>): Piece {
  return {
    name,
    put: (onto) => {
      onto.limits = { ...onto.limits, ...part };
    },
  };
}

function ofGroup(name: string, group: WeightLimits["groups"][number]): Piece {
  return {
    name,
    put: (onto) => {
      onto.limits = { ...onto.limits, groups: [...onto.limits.groups, group] };
    },
  };
}

function assembled({ min }: WeightLimits, pieces: readonly Piece[]): Draft {
  const draft: Draft = {
    limits: {
      budget: null,
      min: min.map(() => -Infinity),
      max: min.map(() => Infinity),
      groups: [],
      turnover: null,
      leverage: null,
    },
    demands: [],
  };
  for (const piece of pieces) piece.put(draft);
  return draft;
}

/** Whether the least that rows must be missed by is nothing. */
function isFeasible(limits: WeightLimits, demands: readonly Demand[]): boolean {
  if (limits.min.some((low, i) => low > (limits.max[i] ?? 0))) return false;
  const size = limits.min.length;
  const within: WeightLimits = {
    ...limits,
    min: limits.min.map((value) => Math.max(value, -FAR)),
    max: limits.max.map((value) => Math.min(value, FAR)),
  };
  const { program } = weightProgram(
    null,
    new Float64Array(size),
    within,
    demands.map(({ row }) => row),
  );
  const { x } = solveQuadratic(elastic(program));
  return (
    missOf(program, x) <= TOLERANCE * (1 + x.reduce((most, v) => Math.max(most, Math.abs(v)), 0))
  );
}

/** One variable more, that all rows may be missed by, and that is minimised. */
function elastic(program: QuadraticProgram): QuadraticProgram {
  const size = program.linear.length;
  const extended = (row: Float64Array, last: number) => {
    const all = new Float64Array(size + 1);
    all.set(row);
    all[size] = last;
    return all;
  };
  const soft = program.equalities.flatMap(({ coefficients, bound }) => [
    { coefficients: extended(coefficients, 1), bound },
    {
      coefficients: extended(
        coefficients.map((value) => -value),
        1,
      ),
      bound: -bound,
    },
  ]);
  return {
    hessian: { ...program.hessian, size: size + 1 },
    linear: extended(new Float64Array(size), 1),
    lower: extended(program.lower, 0),
    upper: extended(program.upper, 4 * FAR * size),
    equalities: [],
    inequalities: [
      ...soft,
      ...program.inequalities.map(({ coefficients, bound }) => ({
        coefficients: extended(coefficients, 1),
        bound,
      })),
    ],
  };
}

function missOf({ equalities, inequalities }: QuadraticProgram, x: Float64Array): number {
  const weights = x.subarray(0, x.length - 1);
  let most = 0;
  for (const { coefficients, bound } of equalities)
    most = Math.max(most, Math.abs(dot(coefficients, weights) - bound));
  for (const { coefficients, bound } of inequalities)
    most = Math.max(most, bound - dot(coefficients, weights));
  return most;
}
