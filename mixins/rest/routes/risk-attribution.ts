import { ATTRIBUTION_METHODS } from "../../../domain/risk/attribution/brinson.ts";
import { LINKINGS } from "../../../domain/risk/attribution/link.ts";
import type { FieldError } from "../readers.ts";
import { route, SERIES_BODY_BYTES } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";

const PERIODS_MAX = 2_000;
const GROUPS_MAX = 500;
/** Weights are fractions that somebody rounded. */
const WEIGHT_TOLERANCE = 1e-6;

const weight = s.number({ min: -100, max: 100 });
/** Above −1, or what follows could not be compounded. */
const change = s.optional(
  s.describe(
    s.number({ min: -0.999_999, max: 1e6 }),
    "absent where there is none of the group, whose weight is then 0",
  ),
);

const groupPeriod = s.object({
  group: s.string({ min: 1, max: 64 }),
  portfolioWeight: s.describe(weight, "at the period's beginning; those of a period add up to 1"),
  benchmarkWeight: weight,
  portfolioReturn: change,
  benchmarkReturn: change,
});

export const effects = {
  allocation: s.number(),
  selection: s.number(),
  interaction: s.describe(s.number(), "0 of the geometric method, whose selection has it"),
  total: s.number(),
};

const attributionView = s.named(
  "Attribution",
  s.object({
    method: s.enum(ATTRIBUTION_METHODS),
    linking: s.describe(
      s.nullable(s.enum(LINKINGS)),
      "null of one period, and of the geometric method, whose effects compound",
    ),
    portfolioReturn: s.describe(s.number(), "compounded over the periods"),
    benchmarkReturn: s.number(),
    activeReturn: s.describe(
      s.number(),
      "their difference, to which all effects add up; of the geometric method (1 + Rₚ)/(1 + R_b) − 1, to which their sums compound",
    ),
    groups: s.array(s.object({ group: s.string(), ...effects })),
    total: s.object(effects),
    periods: s.array(
      s.object({ portfolioReturn: s.number(), benchmarkReturn: s.number(), ...effects }),
    ),
    asOf: s.isoTime(),
    sampleSize: s.describe(s.integer(), "periods"),
    source: s.string(),
  }),
);
export type AttributionView = Infer<typeof attributionView>;

const periodsFit: CrossCheck = ({ periods }) => {
  if (!Array.isArray(periods)) return [];
  return periods.slice(0, PERIODS_MAX).flatMap((period: unknown, t) => {
    if (!isRecord(period) || !Array.isArray(period["groups"])) return [];
    return groupsFit(period["groups"].filter(isRecord), `periods[${t}].groups`);
  });
};

function groupsFit(
  groups: readonly { readonly [field: string]: unknown }[],
  path: string,
): readonly FieldError[] {
  const names = groups.map(({ group }) => group);
  const sums = (["portfolioWeight", "benchmarkWeight"] as const).filter((side) => {
    const sum = groups.reduce((all, group) => all + Number(group[side]), 0);
    return !(Math.abs(sum - 1) <= WEIGHT_TOLERANCE);
  });
  return [
    ...sums.map((side) => invalid(path, `must have ${side}s that add up to 1`)),
    ...(new Set(names).size < names.length ? [invalid(path, "must name each group once")] : []),
    ...groups.flatMap((group, i) =>
      (["portfolio", "benchmark"] as const).flatMap((side) => {
        const isHeld = Number(group[`${side}Weight`]) !== 0;
        const isKnown = group[`${side}Return`] !== undefined;
        return isHeld && !isKnown
          ? [
              {
                path: `${path}[${i}].${side}Return`,
                code: "REQUIRED",
                message: "is required of what has a weight",
              } as const,
            ]
          : [];
      }),
    ),
  ];
}

function invalid(path: string, message: string): FieldError {
  return { path, code: "INVALID_VALUE", message };
}

export const attributeReturn = route({
  method: "POST",
  path: "/api/risk/attribution",
  action: "attribution.attribute",
  area: "risk",
  permission: "risk.read",
  summary: "What made the difference to the benchmark: allocation, selection, interaction",
  description:
    "Brinson, Hood & Beebower (1986): allocation (wₚ − w_b)·r_b, selection w_b·(rₚ − r_b), interaction (wₚ − w_b)(rₚ − r_b). Brinson " +
    "& Fachler (1985): allocation against the benchmark's whole return. Geometric: effects that compound. Several periods are " +
    "linked by Carino's, Menchero's, GRAP's or Frongello's way, so that effects add up to the compounded difference.",
  body: {
    method: s.defaulted(s.enum(ATTRIBUTION_METHODS), "brinsonFachler"),
    linking: s.optional(s.describe(s.enum(LINKINGS), "of several periods; carino when absent")),
    periods: s.array(s.object({ groups: s.array(groupPeriod, { min: 1, max: GROUPS_MAX }) }), {
      min: 1,
      max: PERIODS_MAX,
    }),
  },
  check: (value) => [
    ...periodsFit(value),
    ...(value["method"] === "geometric" && value["linking"] !== undefined
      ? [invalid("linking", "must be absent of the geometric method, whose effects compound")]
      : []),
  ],
  bodyMaxBytes: SERIES_BODY_BYTES,
  response: attributionView,
});
