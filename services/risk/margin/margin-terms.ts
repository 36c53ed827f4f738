import { marginState } from "../../../domain/portfolio/margin/margin-state.ts";
import {
  DAY_COUNTS,
  DEFAULT_MARGIN,
  type FinancingTerms,
  type MarginTerms,
} from "../../../domain/portfolio/margin/terms.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Marks } from "../../../domain/portfolio/valuation.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { PortfolioView } from "../../../mixins/rest/routes/portfolios.ts";
import { inputOf } from "./margin-view.ts";

type Create = ActionMap["portfolios.create"]["params"];

/** What of a new portfolio's terms is about margin and financing. */
export function marginOpening(params: Create): {
  readonly margin?: MarginTerms;
  readonly financing?: FinancingTerms;
} {
  const { debitRate = "0", creditRate = "0", dayCount } = params;
  const isMargin = params.margin === "margin";
  const hasRates = params.debitRate !== undefined || params.creditRate !== undefined;
  const days = DAY_COUNTS.find((count) => count === dayCount) ?? DAY_COUNTS[0];
  return {
    ...(isMargin && { margin: termsOf(params) }),
    // Units that are borrowed cost what the instrument says, whatever cash does.
    ...((isMargin || hasRates) && { financing: { debitRate, creditRate, dayCount: days } }),
  };
}

function termsOf(params: Create): MarginTerms {
  return {
    initial: params.initialMargin ?? DEFAULT_MARGIN.initial,
    maintenance: params.maintenanceMargin ?? DEFAULT_MARGIN.maintenance,
    shortInitial: params.shortInitialMargin ?? DEFAULT_MARGIN.shortInitial,
    shortMaintenance: params.shortMaintenanceMargin ?? DEFAULT_MARGIN.shortMaintenance,
    callHours: params.marginCallHours ?? DEFAULT_MARGIN.callHours,
  };
}

type TermsView = Pick<
  PortfolioView,
  | "initialMargin"
  | "maintenanceMargin"
  | "shortInitialMargin"
  | "shortMaintenanceMargin"
  | "marginCallHours"
  | "debitRate"
  | "creditRate"
  | "dayCount"
>;

/** A portfolio without them does not mention them. */
export function marginTermsView({ margin, financing }: PortfolioSummary): TermsView {
  return {
    ...(margin && {
      initialMargin: margin.terms.initial,
      maintenanceMargin: margin.terms.maintenance,
      shortInitialMargin: margin.terms.shortInitial,
      shortMaintenanceMargin: margin.terms.shortMaintenance,
      marginCallHours: margin.terms.callHours,
    }),
    ...(financing && {
      debitRate: financing.terms.debitRate,
      creditRate: financing.terms.creditRate,
      dayCount: financing.terms.dayCount,
    }),
  };
}

/** Of a margin portfolio what its free margin can open at these marks; nothing while one of them is not known. */
export function buyingPowerOf(summary: PortfolioSummary, marks: Marks): string {
  const input = inputOf(summary);
  if (input === null) return summary.buyingPower;
  const state = marginState(input, { asOfMs: 0, marks, rates: {} });
  return "missing" in state ? "0" : state.buyingPower;
}
