import { NUMBER_LIMITS, TOTAL_LIMITS, WATCHED_LIMITS } from "../../../domain/risk/live/policy.ts";
import type { FieldError } from "../readers.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck } from "../schema.ts";
import { limitFields } from "./limit-fields.ts";

const levels = s.object({
  warning: s.optional(s.describe(s.decimal({ sign: "positive" }), "told of, and nothing more")),
  breach: s.optional(
    s.describe(s.decimal({ sign: "positive" }), "orders that go beyond are denied"),
  ),
});

/** A limit and its warning; a plain value is a breach. */
export const leveled = (example: string) =>
  s.optional(s.union(s.decimal({ sign: "positive", example }), levels));

const action = s.optional(
  s.object({
    action: s.describe(
      s.enum(["warn", "reducing", "halted"]),
      "beside the alert: nothing, only orders that reduce, or none",
    ),
    cancelOpenOrders: s.optional(s.boolean()),
    flatten: s.optional(s.boolean()),
  }),
);

const terms = {
  varConfidence: s.optional(s.number({ min: 0.5, max: 0.9999 })),
  varLookback: s.optional(
    s.describe(s.integer({ min: 30, max: 2520 }), "daily returns; 30 of them must be there"),
  ),
  markMaxAgeSeconds: s.optional(
    s.describe(
      s.integer({ min: 1, max: 345_600 }),
      "how long a price that nothing newer was heard after is gone by; 4 days unless given",
    ),
  ),
  alertCooldownSeconds: s.optional(
    s.describe(
      s.integer({ min: 0, max: 86_400 }),
      "how long one condition that comes back is not told of again; 300 unless given",
    ),
  ),
};

const triggers = s.optional(
  s.describe(
    s.object({
      dailyLoss: action,
      drawdown: action,
      valueAtRisk: action,
      reconciliation: action,
    }),
    "what is done by itself when a limit is breached, or the books differ from the broker's",
  ),
);

export const policyFields = {
  maxOrderNotional: leveled("50000"),
  maxPositionPct: leveled("0.25"),
  maxDailyLossPct: leveled("0.05"),
  priceCollarPct: leveled("0.1"),
  maxGrossLeverage: leveled("2"),
  maxNetLeverage: leveled("1"),
  maxDrawdownPct: leveled("0.2"),
  maxVarPct: leveled("0.03"),
  maxExpectedShortfallPct: leveled("0.05"),
  maxSymbolNotional: leveled("100000"),
  maxConcentrationPct: leveled("0.3"),
  maxSectorPct: leveled("0.5"),
  maxOrdersPerMinute: limitFields.maxOrdersPerMinute,
  maxOpenOrders: leveled("50"),
  restrictedSymbols: limitFields.restrictedSymbols,
  allowedSymbols: limitFields.allowedSymbols,
  allowedAssetClasses: limitFields.allowedAssetClasses,
  ...terms,
  triggers,
};

const WATCHED: ReadonlySet<string> = new Set([...WATCHED_LIMITS, ...TOTAL_LIMITS]);

/** A warning lies below its breach, and is of something that is watched; a count is whole. */
export const levelsFit: CrossCheck = (value) =>
  [...NUMBER_LIMITS, ...TOTAL_LIMITS, "maxOpenOrders"].flatMap((name) =>
    misfits(name, value[name]),
  );

function misfits(name: string, set: unknown): readonly FieldError[] {
  const isLeveled = isRecord(set);
  const breach = isLeveled ? set["breach"] : set;
  const warning = isLeveled ? set["warning"] : undefined;
  if (isLeveled && warning === undefined && breach === undefined)
    return [{ path: name, code: "REQUIRED", message: "needs a warning or a breach" }];
  if (name === "maxOpenOrders" && breach !== undefined && !Number.isSafeInteger(Number(breach)))
    return [{ path: name, code: "INVALID_VALUE", message: "must be a whole number" }];
  if (warning === undefined) return [];
  const path = `${name}.warning`;
  if (!WATCHED.has(name)) {
    const message = "is checked with each order only, and has no warning";
    return [{ path, code: "UNSUPPORTED_VALUE", message }];
  }
  return breach !== undefined && Number(warning) >= Number(breach)
    ? [{ path, code: "OUT_OF_RANGE", message: "must be below breach" }]
    : [];
}
