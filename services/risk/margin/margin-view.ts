import { isoDate } from "../../../domain/execution/settlement.ts";
import {
  callPrice,
  type MarginInput,
  type MarginState,
  marginState,
} from "../../../domain/portfolio/margin/margin-state.ts";
import type { MarginCall, PastCall } from "../../../domain/portfolio/margin/messages.ts";
import type { RiskBoard } from "../../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { baseOf, valuePortfolio } from "../../../domain/portfolio/valuation.ts";
import { dec, text, ZERO } from "../../../domain/shared/decimal.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { MarginView } from "../../../mixins/rest/routes/margin.ts";
import { isoTime } from "../../../mixins/rest/views.ts";

/** Null for a cash portfolio. */
export function inputOf(summary: PortfolioSummary): MarginInput | null {
  const { margin, baseCurrency, cash, reserved } = summary;
  if (margin === undefined) return null;
  const { lines, terms } = margin;
  return {
    baseCurrency,
    cash: [{ currency: baseCurrency, amount: cash }],
    reserved,
    lines,
    terms,
  };
}

/** @throws RestError 422 INSUFFICIENT_DATA where a price is not known */
export function toMarginView(
  summary: PortfolioSummary,
  board: RiskBoard,
  source: string,
): MarginView {
  const input = inputOf(summary);
  const state = input === null ? cashState(summary, board) : marginState(input, board);
  if ("missing" in state)
    throw insufficientData(`no price is known of ${state.missing.join(", ")}`);
  const { margin, financing } = summary;
  return {
    portfolioId: summary.portfolioId,
    margin: margin === undefined ? "cash" : "margin",
    currency: summary.baseCurrency,
    equity: state.equity,
    cash: summary.cash,
    long: state.long,
    short: state.short,
    leverage: state.leverage,
    initialRequirement: state.initial,
    maintenanceRequirement: state.maintenance,
    reserved: summary.reserved,
    excess: state.excess,
    maintenanceExcess: state.maintenanceExcess,
    buyingPower: state.buyingPower,
    positions: state.lines.map((line) => ({
      symbol: line.symbol,
      quantity: line.quantity,
      marketPrice: line.mark,
      marketValue: line.marketValue,
      initialRequirement: line.initial,
      maintenanceRequirement: line.maintenance,
      callPrice: input === null ? null : callPrice(line, state),
    })),
    call: margin?.call ? callView(margin.call) : null,
    pastCalls: (margin?.pastCalls ?? []).map(callView),
    financing:
      financing === undefined
        ? null
        : {
            interest: financing.interest,
            borrowFees: financing.borrowFees,
            accruedThrough: financing.nextDay === null ? null : isoDate(financing.nextDay - 1),
          },
    method: margin === undefined ? "none: what is bought is paid for" : "rate × market value",
    asOf: isoTime(board.asOfMs),
    sampleSize: state.lines.length,
    source,
  };
}

/** What is bought is paid for, and nothing is owed. */
function cashState(
  summary: PortfolioSummary,
  { marks, rates }: RiskBoard,
): MarginState | { readonly missing: readonly string[] } {
  const { equity, exposure, positions } = valuePortfolio(summary, marks, rates);
  if (equity === null || exposure === null) {
    const unknown = Object.keys(rates).filter((currency) => rates[currency] === null);
    return {
      missing: [
        ...positions.flatMap(({ symbol, mark }) => (mark === null ? [symbol] : [])),
        ...unknown,
      ],
    };
  }
  const excess = text(dec(summary.cash).minus(summary.reserved));
  const quantities = new Map(summary.positions.map(({ symbol, quantity }) => [symbol, quantity]));
  return {
    equity,
    long: exposure.long,
    short: exposure.short,
    initial: text(ZERO),
    maintenance: text(ZERO),
    excess,
    maintenanceExcess: equity,
    buyingPower: excess,
    leverage: exposure.leverage,
    lines: positions.map((value) => ({
      symbol: value.symbol,
      mark: value.mark ?? "0",
      quantity: quantities.get(value.symbol) ?? "0",
      marketValue: baseOf(value)?.marketValue ?? "0",
      initial: "0",
      maintenance: "0",
    })),
  };
}

function callView(call: MarginCall | PastCall): NonNullable<MarginView["call"]> {
  const { callId, raisedAtMs, dueMs, equity, maintenance, deficit } = call;
  return {
    callId,
    status: "metAtMs" in call ? "met" : call.status,
    raisedAt: isoTime(raisedAtMs),
    dueAt: isoTime(dueMs),
    metAt: "metAtMs" in call ? isoTime(call.metAtMs) : null,
    equity,
    maintenanceRequirement: maintenance,
    deficit,
  };
}
