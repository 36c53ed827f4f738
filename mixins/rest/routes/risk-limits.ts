import {
  COUNT_LIMITS,
  LIST_LIMITS,
  NUMBER_LIMITS,
  TOTAL_LIMITS,
} from "../../../domain/risk/live/policy.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer, Schema } from "../schema.ts";
import { id, pageOf, pagingForward } from "./common.ts";
import { leveled, levelsFit, policyFields } from "./risk-policy-fields.ts";

const text = s.decimalText();
const shownLimit = s.object({
  warning: s.nullable(text),
  breach: s.nullable(text),
  source: s.describe(
    s.nullable(s.enum(["portfolio", "desk", "tenant"])),
    "whose is the tightest: the owner's, the risk desk's or the tenant's",
  ),
  current: s.describe(s.nullable(text), "now, open orders counted; null: not known"),
  level: s.describe(
    s.enum(["ok", "warning", "breach", "unknown", "unset"]),
    "`unknown`: a price or history is missing, so that orders are denied",
  ),
  overriddenUntil: s.nullable(s.isoTime()),
});

const limitsView = s.named(
  "RiskLimits",
  s.object({
    portfolioId: id(),
    currency: s.string(),
    ...numbersOf(shownLimit),
    restrictedSymbols: s.array(s.string()),
    allowedSymbols: s.nullable(s.array(s.string())),
    allowedAssetClasses: s.nullable(s.array(s.string())),
    varConfidence: s.number(),
    varLookback: s.integer(),
    markMaxAgeSeconds: s.number(),
    triggers: s.json("what is done by itself, as the desk or else the tenant has set it"),
    overrides: s.array(
      s.object({
        limit: s.string(),
        until: s.isoTime(),
        reason: s.string(),
        by: s.string(),
        at: s.isoTime(),
      }),
    ),
    equity: s.nullable(text),
    highWaterMark: s.nullable(text),
    dayStartEquity: s.nullable(text),
    grossExposure: s.nullable(text),
    netExposure: s.nullable(text),
    valueAtRisk: s.describe(s.nullable(text), "of a day, in the base currency"),
    expectedShortfall: s.nullable(text),
    missing: s.describe(
      s.array(s.string()),
      "symbols and currencies whose price or rate is not known",
    ),
    method: s.string(),
    sampleSize: s.describe(s.integer(), "daily returns that the value at risk is taken from"),
    source: s.string(),
    asOf: s.isoTime(),
  }),
);
export type RiskLimitsView = Infer<typeof limitsView>;
export type ShownLimit = Infer<typeof shownLimit>;

/** One entry a limit, each of one shape. */
function numbersOf<T>(schema: Schema<T>) {
  return {
    maxOrderNotional: schema,
    maxPositionPct: schema,
    maxDailyLossPct: schema,
    priceCollarPct: schema,
    maxGrossLeverage: schema,
    maxNetLeverage: schema,
    maxDrawdownPct: schema,
    maxVarPct: schema,
    maxExpectedShortfallPct: schema,
    maxSymbolNotional: schema,
    maxConcentrationPct: schema,
    maxSectorPct: schema,
    maxOrdersPerMinute: schema,
    maxOpenOrders: schema,
  };
}

const tenantView = s.named(
  "TenantRiskLimits",
  s.object({
    scope: s.enum(["tenant"]),
    version: s.describe(s.nullable(s.integer()), "null: nothing was ever set"),
    limits: s.json("as they were set: each with warning and breach"),
    portfolios: s.describe(s.integer(), "open ones, that must know of them"),
    acknowledged: s.integer(),
    asOf: s.isoTime(),
  }),
);
export type TenantLimitsView = Infer<typeof tenantView>;

const breachPage = pageOf(
  "LimitBreaches",
  s.object({
    breachId: id(),
    limit: s.string(),
    level: s.enum(["warning", "breach"]),
    value: s.describe(text, "of the limit then"),
    observed: text,
    at: s.isoTime(),
    endedAt: s.nullable(s.isoTime()),
  }),
);
export type BreachPage = Infer<typeof breachPage>;

const ofPortfolio = { portfolioId: id() };

export const getLimits = route({
  method: "GET",
  path: "/api/risk/limits/{portfolioId}",
  action: "limits.get",
  area: "risk",
  permission: "risk.read",
  summary: "The limits of a portfolio, and where it stands",
  params: ofPortfolio,
  response: limitsView,
  problems: ["NOT_FOUND"],
});

export const putLimits = route({
  method: "PUT",
  path: "/api/risk/limits/{portfolioId}",
  action: "limits.put",
  area: "risk",
  permission: "risk.update",
  summary: "Set the risk desk's limits of a portfolio, in place of those that it set before",
  description:
    "Of each limit the tightest of the owner's (`PATCH /api/portfolios/{portfolioId}`), the desk's and the tenant's is in force.",
  params: ofPortfolio,
  body: policyFields,
  check: levelsFit,
  response: limitsView,
  problems: ["NOT_FOUND", "PORTFOLIO_CLOSED"],
});

export const getTenantLimits = route({
  method: "GET",
  path: "/api/risk/limits",
  action: "limits.getTenant",
  area: "risk",
  permission: "risk.read",
  summary: "The limits of the whole tenant",
  query: { scope: s.optional(s.enum(["tenant"])) },
  response: tenantView,
});

export const putTenantLimits = route({
  method: "PUT",
  path: "/api/risk/limits",
  action: "limits.putTenant",
  area: "risk",
  permission: "risk.update",
  summary: "Set the limits of each of the tenant's portfolios, and of all together",
  description: "Answered once every portfolio knows of them, or with how many do.",
  body: {
    scope: s.optional(s.enum(["tenant"])),
    ...policyFields,
    maxGrossNotional: leveled("1000000"),
    maxDailyLoss: leveled("50000"),
  },
  check: levelsFit,
  response: tenantView,
});

export const listBreaches = route({
  method: "GET",
  path: "/api/risk/limits/{portfolioId}/breaches",
  action: "limits.breaches",
  area: "risk",
  permission: "risk.read",
  summary: "When limits were come near to or gone beyond, and for how long",
  params: ofPortfolio,
  query: pagingForward,
  response: breachPage,
  problems: ["NOT_FOUND"],
});

export const listTenantBreaches = route({
  method: "GET",
  path: "/api/risk/breaches",
  action: "limits.tenantBreaches",
  area: "risk",
  permission: "risk.read",
  summary: "When limits of all the tenant's portfolios together were come near to or gone beyond",
  query: pagingForward,
  response: breachPage,
});

export const overrideLimit = route({
  method: "POST",
  path: "/api/risk/limits/{portfolioId}/override",
  action: "limits.override",
  area: "risk",
  permission: "risk.update",
  summary: "Let a limit be passed over until a time",
  description: "It ends by itself. Who gave it, when and why stays on record.",
  params: ofPortfolio,
  body: {
    limit: s.enum([...NUMBER_LIMITS, ...COUNT_LIMITS, ...LIST_LIMITS, ...TOTAL_LIMITS]),
    until: s.time(),
    reason: s.string({ min: 1, max: 500 }),
  },
  response: limitsView,
  status: 201,
  isIdempotent: true,
  problems: ["NOT_FOUND", "PORTFOLIO_CLOSED", "OVERRIDE_ENDED", "IDEMPOTENCY_KEY_REUSED"],
});

export const getLive = route({
  method: "GET",
  path: "/api/risk/portfolio/{portfolioId}/live",
  action: "limits.live",
  area: "risk",
  permission: "risk.read",
  summary: "A portfolio's risk as its limits see it now: equity, drawdown, leverage, value at risk",
  params: ofPortfolio,
  response: limitsView,
  problems: ["NOT_FOUND"],
});
