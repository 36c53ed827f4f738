import { DEFAULT_LAMBDA, ESTIMATORS } from "../../../domain/risk/covariance/estimate.ts";
import { MISSING } from "../../../domain/risk/covariance/assess.ts";
import { asymmetry } from "../../../domain/numeric/symmetric.ts";
import { matrixOf } from "../../../domain/numeric/matrix.ts";
import type { FieldError } from "../readers.ts";
import { isRecord, s } from "../schema.ts";
import { currency, symbol } from "./common.ts";
import { ASSETS_MAX, OBSERVATIONS_MAX } from "./risk-subject.ts";

/** Covariances beyond it are of nothing that is traded, and their products would not be numbers any more. */
const COVARIANCE_MAX = 1e12;

const series = s.array(s.nullable(s.number({ min: -1, max: 1e6 })), {
  min: 1,
  max: OBSERVATIONS_MAX,
});
const matrix = (bound: number, description: string) =>
  s.optional(
    s.describe(
      s.array(s.array(s.number({ min: -bound, max: bound }), { min: 1, max: ASSETS_MAX }), {
        min: 1,
        max: ASSETS_MAX,
      }),
      description,
    ),
  );

/** What a covariance is made of: exactly one of `assets`, `symbols`, `covariance` and `correlation`. */
export const matrixFields = {
  assets: s.optional(
    s.describe(
      s.record(series),
      "simple returns by name, oldest first, all of the same periods; null where one is missing",
    ),
  ),
  symbols: s.optional(
    s.describe(s.array(symbol(), { min: 1, max: ASSETS_MAX }), "whose stored daily bars are used"),
  ),
  lookback: s.optional(
    s.describe(
      s.integer({ min: 2, max: OBSERVATIONS_MAX }),
      "daily returns of stored bars; 252 when absent",
    ),
  ),
  currency: s.optional(
    s.describe(currency, "that prices are brought into; each its own if absent"),
  ),
  covariance: matrix(COVARIANCE_MAX, "row by row, symmetric"),
  correlation: matrix(1e3, "row by row, symmetric; 1 on the diagonal unless it is repaired"),
  volatilities: s.optional(
    s.describe(
      s.array(s.number({ min: 0, max: 1e6 }), { min: 1, max: ASSETS_MAX }),
      "standard deviations, with correlation; 1 when absent",
    ),
  ),
  names: s.optional(
    s.describe(
      s.array(s.string({ min: 1, max: 100 }), { min: 1, max: ASSETS_MAX }),
      "of the rows of a matrix; asset1, asset2, … when absent",
    ),
  ),
  estimator: s.optional(s.describe(s.enum(ESTIMATORS), "of returns; sample when absent")),
  lambda: s.optional(
    s.describe(s.number({ min: 0.01, max: 0.9999 }), `of ewma; ${DEFAULT_LAMBDA} when absent`),
  ),
  missing: s.optional(
    s.describe(
      s.enum(MISSING),
      "refuse; complete: the periods that all have; pairwise: those that both of a pair have, of which the result need not be a covariance. refuse when absent, complete of symbols",
    ),
  ),
  repair: s.defaulted(
    s.describe(
      s.boolean(),
      "take the nearest correlation matrix (Higham 2002) where eigenvalues are negative; deviations stay",
    ),
    false,
  ),
};

type Fields = Readonly<Record<string, unknown>>;
const FORMS = ["assets", "symbols", "covariance", "correlation"] as const;
type Form = (typeof FORMS)[number];

/** Fields that belong to some forms only. */
const BELONGS: Readonly<Record<string, readonly Form[]>> = {
  lookback: ["symbols"],
  currency: ["symbols"],
  volatilities: ["correlation"],
  names: ["covariance", "correlation"],
  estimator: ["assets", "symbols"],
  lambda: ["assets", "symbols"],
  missing: ["assets", "symbols"],
};

/** That exactly one of the forms is there, with what belongs to it, and is a matrix where it should be one. */
export function matrixFits(value: Fields): readonly FieldError[] {
  const [form, second] = FORMS.filter((name) => value[name] !== undefined);
  if (form === undefined)
    return [
      { path: "assets", code: "REQUIRED", message: `or ${FORMS.slice(1).join(", ")} is required` },
    ];
  if (second !== undefined) return [invalid(second, `must be absent beside ${form}`)];
  return [
    ...Object.entries(BELONGS).flatMap(([name, forms]) =>
      value[name] !== undefined && !forms.includes(form)
        ? [invalid(name, `must be absent of ${form}`)]
        : [],
    ),
    ...estimatorFits(value),
    ...(form === "assets" ? assetsFit(value["assets"]) : []),
    ...(form === "symbols" ? onceEach("symbols", value["symbols"]) : []),
    ...(form === "covariance" || form === "correlation" ? squareFits(form, value) : []),
  ];
}

/** How many names there are; 0 where that cannot be told. */
export function namesCount(value: Fields): number {
  const form = FORMS.find((name) => value[name] !== undefined);
  const found = form === undefined ? undefined : value[form];
  return Array.isArray(found) ? found.length : isRecord(found) ? Object.keys(found).length : 0;
}

export function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

function estimatorFits({ estimator, lambda, missing }: Fields): readonly FieldError[] {
  const isOther = estimator !== undefined && estimator !== "sample";
  return [
    ...(lambda !== undefined && estimator !== "ewma" ? [invalid("lambda", "is for ewma")] : []),
    ...(missing === "pairwise" && isOther
      ? [invalid("missing", "pairwise is for the sample estimator")]
      : []),
  ];
}

function assetsFit(assets: unknown): readonly FieldError[] {
  if (!isRecord(assets)) return [];
  const entries = Object.entries(assets);
  if (entries.length < 1 || entries.length > ASSETS_MAX)
    return [
      { path: "assets", code: "OUT_OF_RANGE", message: `must have 1 to ${ASSETS_MAX} names` },
    ];
  const [first] = entries;
  const length = lengthOf(first?.[1]);
  return entries.flatMap(([name, values]) =>
    lengthOf(values) === length
      ? []
      : [
          invalid(
            `assets.${name.slice(0, 100)}`,
            `must have ${length} returns as ${first?.[0].slice(0, 100)} has`,
          ),
        ],
  );
}

function lengthOf(values: unknown): number {
  return Array.isArray(values) ? values.length : -1;
}

export function onceEach(path: string, names: unknown): readonly FieldError[] {
  return Array.isArray(names) && new Set(names).size < names.length
    ? [invalid(path, "must name each once")]
    : [];
}

function squareFits(form: "covariance" | "correlation", value: Fields): readonly FieldError[] {
  const rows = numbersOf(value[form]);
  if (rows === null) return [];
  const size = rows.length;
  if (rows.some((row) => row.length !== size)) return [invalid(form, "must be square")];
  const given = matrixOf(rows);
  const scale = given.data.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const diagonal = rows.map((row, i) => row[i] ?? 0);
  return [
    ...(asymmetry(given) > 1e-8 * scale ? [invalid(form, "must be symmetric")] : []),
    ...(diagonal.some((one) => one < 0)
      ? [invalid(form, "must not be negative on the diagonal")]
      : []),
    ...(form === "correlation" && value["repair"] !== true
      ? correlationFits(given.data, diagonal)
      : []),
    ...["names", "volatilities"].flatMap((name) => {
      const length = lengthOf(value[name]);
      return length < 0 || length === size ? [] : [invalid(name, `must be as long as ${form}`)];
    }),
    ...onceEach("names", value["names"]),
  ];
}

function correlationFits(data: Float64Array, diagonal: readonly number[]): readonly FieldError[] {
  const isUnit = diagonal.every((one) => Math.abs(one - 1) <= 1e-9);
  if (!isUnit) return [invalid("correlation", "must be 1 on the diagonal, unless repair is true")];
  return data.some((one) => Math.abs(one) > 1 + 1e-9)
    ? [invalid("correlation", "must be in [−1, 1], unless repair is true")]
    : [];
}

/** Null where they are not numbers in rows, which another rule tells. */
function numbersOf(value: unknown): readonly (readonly number[])[] | null {
  if (!Array.isArray(value)) return null;
  const rows: number[][] = [];
  for (const row of value as readonly unknown[]) {
    if (!Array.isArray(row)) return null;
    const numbers = row.filter((one: unknown): one is number => typeof one === "number");
    if (numbers.length !== row.length || !numbers.every(Number.isFinite)) return null;
    rows.push(numbers);
  }
  return rows;
}
