import type { FieldError } from "../readers.ts";
import { isRecord } from "../schema.ts";

type Fields = Readonly<Record<string, unknown>>;

const SIMULATED = [
  "distribution",
  "nu",
  "blockLength",
  "drift",
  "seed",
  "correlationShift",
  "simulations",
  "confidence",
];
const HISTORY = ["horizonDays", "lookback"];

/** What each kind of scenario takes beside its name. */
const OF_KIND: Readonly<Record<string, readonly string[]>> = {
  historical: ["from", "to"],
  hypothetical: ["shocks"],
  monteCarlo: [...SIMULATED, ...HISTORY],
  reverse: ["loss", "unit", "factors", "correlation", ...HISTORY],
  saved: ["scenarioId"],
};
const OPTIONS = [...new Set(Object.values(OF_KIND).flat())];

/** That a scenario has what its kind needs, and nothing of another's. */
export function scenarioFits(value: Fields): readonly FieldError[] {
  const { kind } = value;
  if (typeof kind !== "string" || !Object.hasOwn(OF_KIND, kind)) return [];
  const own = OF_KIND[kind] ?? [];
  const foreign = OPTIONS.filter((name) => value[name] !== undefined && !own.includes(name));
  return [
    ...foreign.map((path) => invalid(path, `is not of ${kind}`)),
    ...needs(kind, value),
    ...shocksFit(value["shocks"]),
    ...factorsFit(value),
    ...shiftFits(value),
  ];
}

function needs(kind: string, value: Fields): readonly FieldError[] {
  const lacking = (path: string) => (value[path] === undefined ? [required(path)] : []);
  switch (kind) {
    case "hypothetical":
      return lacking("shocks");
    case "reverse":
      return lacking("loss");
    case "saved":
      return lacking("scenarioId");
    case "historical":
      return rangeFits(value);
    default:
      return [];
  }
}

const EARLIEST_MS = Date.UTC(1900, 0);

function rangeFits({ name, from, to }: Fields): readonly FieldError[] {
  if (from === undefined && to === undefined)
    return name === undefined ? [required("name", "or from and to is required")] : [];
  if (from === undefined || to === undefined) return [required(from === undefined ? "from" : "to")];
  if (typeof from !== "number" || typeof to !== "number") return [];
  if (from < EARLIEST_MS)
    return [{ path: "from", code: "OUT_OF_RANGE", message: "must not be before 1900" }];
  return to > from ? [] : [invalid("to", "must be after from")];
}

const SHOCKS_MAX = 1_000;

function shocksFit(shocks: unknown): readonly FieldError[] {
  if (!isRecord(shocks)) return [];
  const entries = Object.entries(shocks);
  if (entries.length === 0 || entries.length > SHOCKS_MAX)
    return [
      { path: "shocks", code: "OUT_OF_RANGE", message: `must have 1 to ${SHOCKS_MAX} names` },
    ];
  return entries.flatMap(([name, shock]) => {
    if (typeof shock !== "number") return [];
    const problem = shockProblem(name, shock);
    return problem === null
      ? []
      : ([{ path: `shocks.${name}`, code: "OUT_OF_RANGE", message: problem }] as const);
  });
}

function shockProblem(name: string, shock: number): string | null {
  const bare = name.replace(/^factor:/, "");
  if (bare === "ratesBp") return null;
  if (bare === "rates")
    return Math.abs(shock) <= 1
      ? null
      : "is a fraction: 100 basis points are 0.01, or ratesBp: 100";
  if (bare === "volatility" || bare === "market") return null;
  if (name.startsWith("fx:"))
    return shock > -1 ? null : "must be above −1: a currency keeps some value";
  return shock >= -1 ? null : "must be −1 or more: a price does not fall below 0";
}

function factorsFit({ kind, factors, correlation }: Fields): readonly FieldError[] {
  if (kind !== "reverse") return [];
  if (!Array.isArray(factors))
    return correlation === undefined ? [] : [invalid("correlation", "is of factors")];
  const names = factors.map((one: unknown) => (isRecord(one) ? one["name"] : undefined));
  return [
    ...(new Set(names).size < names.length ? [invalid("factors", "must not name one twice")] : []),
    ...(correlation === undefined
      ? []
      : correlationFits(correlation, factors.length, "correlation")),
  ];
}

function shiftFits({ correlationShift, distribution }: Fields): readonly FieldError[] {
  if (correlationShift === undefined) return [];
  const ofHistory =
    distribution === "bootstrap"
      ? [invalid("correlationShift", "is not of bootstrap, which draws days as they were")]
      : [];
  if (!isRecord(correlationShift)) return ofHistory;
  const { towards, matrix } = correlationShift;
  const path = "correlationShift.matrix";
  if (towards !== "matrix")
    return matrix === undefined
      ? ofHistory
      : [...ofHistory, invalid(path, `is not of ${String(towards)}`)];
  return matrix === undefined
    ? [...ofHistory, required(path)]
    : [...ofHistory, ...correlationFits(matrix, Array.isArray(matrix) ? matrix.length : 0, path)];
}

const SAME = 1e-9;

/** That a matrix is square, symmetric, and has 1 on its diagonal. */
function correlationFits(matrix: unknown, size: number, path: string): readonly FieldError[] {
  if (!Array.isArray(matrix)) return [];
  const rows: readonly unknown[] = matrix;
  const isSquare =
    rows.length === size && rows.every((row) => Array.isArray(row) && row.length === size);
  if (!isSquare) return [invalid(path, `must have ${size} rows of ${size}`)];
  const element = (i: number, j: number): number => {
    const row = rows[i];
    const value: unknown = Array.isArray(row) ? row[j] : undefined;
    return typeof value === "number" ? value : Number.NaN;
  };
  for (let i = 0; i < size; i += 1) {
    if (!(Math.abs(element(i, i) - 1) <= SAME))
      return [invalid(path, "must have 1 on its diagonal")];
    for (let j = 0; j < i; j += 1)
      if (!(Math.abs(element(i, j) - element(j, i)) <= SAME))
        return [invalid(path, "must be symmetric")];
  }
  return [];
}

/** That a stress test is of a portfolio or of positions. */
export function stressFits(value: Fields): readonly FieldError[] {
  const { portfolioId, positions, currency, scenarios } = value;
  if (portfolioId === undefined && positions === undefined)
    return [required("portfolioId", "or positions is required")];
  if (portfolioId !== undefined && positions !== undefined)
    return [invalid("positions", "must be absent beside portfolioId")];
  return [
    ...(portfolioId !== undefined && currency !== undefined
      ? [invalid("currency", "must be absent of portfolioId")]
      : []),
    ...heldFit(positions),
    ...eachFits(scenarios),
  ];
}

/** The validator does not tell a check within an array which element it is given. */
function eachFits(scenarios: unknown): readonly FieldError[] {
  if (!Array.isArray(scenarios)) return [];
  return scenarios.flatMap((one: unknown, i) =>
    isRecord(one)
      ? scenarioFits(one).map((error) => ({ ...error, path: `scenarios[${i}].${error.path}` }))
      : [],
  );
}

function heldFit(positions: unknown): readonly FieldError[] {
  if (!Array.isArray(positions)) return [];
  return positions.flatMap((one: unknown, i) => {
    if (!isRecord(one)) return [];
    const path = `positions[${i}]`;
    const { quantity, value, convexity, duration } = one;
    return [
      ...(quantity === undefined && value === undefined
        ? [required(`${path}.quantity`, "or value is required")]
        : []),
      ...(quantity !== undefined && value !== undefined
        ? [invalid(`${path}.value`, "must be absent beside quantity")]
        : []),
      ...(convexity !== undefined && duration === undefined
        ? [required(`${path}.duration`, "is required beside convexity")]
        : []),
    ];
  });
}

function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

function required(path: string, message = "is required"): FieldError {
  return { path, code: "REQUIRED", message };
}
