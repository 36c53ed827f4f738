import { DAY_COUNTS, DEFAULT_MARGIN } from "../../../domain/portfolio/margin/terms.ts";
import { s } from "../schema.ts";
import type { CrossCheck } from "../schema.ts";

const RATE_MAX = 10;

const rate = (what: string, otherwise: string) =>
  s.optional(
    s.describe(
      s.decimal({ sign: "positive", example: "0.5" }),
      `${what}, a fraction of the market value, up to 1; ${otherwise} when absent`,
    ),
  );
const interest = (what: string) =>
  s.optional(
    s.describe(
      s.decimal({ sign: "nonNegative", example: "0.06" }),
      `${what} a year, a fraction, up to ${RATE_MAX}; 0 when absent`,
    ),
  );

/** Of a portfolio that is opened, and of one that is shown where they were given. */
export const marginTermFields = {
  initialMargin: rate("equity to open a long position", DEFAULT_MARGIN.initial),
  maintenanceMargin: rate("equity to keep a long position", DEFAULT_MARGIN.maintenance),
  shortInitialMargin: rate(
    "equity to open a short position, beside its proceeds",
    DEFAULT_MARGIN.shortInitial,
  ),
  shortMaintenanceMargin: rate(
    "equity to keep a short position, beside its proceeds",
    DEFAULT_MARGIN.shortMaintenance,
  ),
  marginCallHours: s.optional(
    s.describe(
      s.integer({ min: 0, max: 720 }),
      `from a margin call to the liquidation of what it is about; ${DEFAULT_MARGIN.callHours} when absent`,
    ),
  ),
};

export const financingFields = {
  debitRate: interest("what is owed costs"),
  creditRate: interest("cash earns"),
  dayCount: s.optional(
    s.describe(
      s.integer({ min: 360, max: 365 }),
      "days of a year of interest: 360 (default) or 365",
    ),
  ),
};

const MARGIN_FIELDS = Object.keys(marginTermFields);
const FRACTIONS = MARGIN_FIELDS.filter((field) => field !== "marginCallHours");
const PAIRS = [
  ["initialMargin", "maintenanceMargin"],
  ["shortInitialMargin", "shortMaintenanceMargin"],
] as const;
const DEFAULTS: Readonly<Record<string, string>> = {
  initialMargin: DEFAULT_MARGIN.initial,
  maintenanceMargin: DEFAULT_MARGIN.maintenance,
  shortInitialMargin: DEFAULT_MARGIN.shortInitial,
  shortMaintenanceMargin: DEFAULT_MARGIN.shortMaintenance,
};

/** Terms of margin are a margin portfolio's alone, fractions, and what keeps a position is no more than what opens it. */
export const marginTermsFit: CrossCheck = (value) => [
  ...(value["margin"] === "margin" ? [] : strange(value)),
  ...FRACTIONS.filter((field) => Number(value[field]) > 1).map((path) => outOfRange(path, "1")),
  ...["debitRate", "creditRate"]
    .filter((field) => Number(value[field]) > RATE_MAX)
    .map((path) => outOfRange(path, String(RATE_MAX))),
  ...PAIRS.flatMap(([initial, maintenance]) => {
    const [opens, keeps] = [initial, maintenance].map((field) =>
      Number(value[field] ?? DEFAULTS[field]),
    );
    return Number(keeps) > Number(opens)
      ? [
          {
            path: maintenance,
            code: "OUT_OF_RANGE",
            message: `must not be above ${initial}`,
          } as const,
        ]
      : [];
  }),
  ...(value["dayCount"] === undefined || DAY_COUNTS.some((days) => days === value["dayCount"])
    ? []
    : [{ path: "dayCount", code: "OUT_OF_RANGE", message: "must be 360 or 365" } as const]),
];

function strange(value: Readonly<Record<string, unknown>>) {
  return [...MARGIN_FIELDS, "debitRate"]
    .filter((field) => value[field] !== undefined)
    .map(
      (path) => ({ path, code: "UNKNOWN_FIELD", message: "is of margin portfolios only" }) as const,
    );
}

function outOfRange(path: string, max: string) {
  return { path, code: "OUT_OF_RANGE", message: `must be at most ${max}` } as const;
}
