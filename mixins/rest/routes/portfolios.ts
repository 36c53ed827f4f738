import { CORPORATE_ACTIONS, TRADING_STATES } from "../../../domain/portfolio/messages.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { asOf, currency, id, pageOf, paging, pagingForward, symbol } from "./common.ts";
import { limitFields } from "./limit-fields.ts";
import {
  balancesFields,
  currencyTermFields,
  currencyTermsFit,
  inBaseField,
} from "./currency-terms.ts";
import { financingFields, marginTermFields, marginTermsFit } from "./margin-terms.ts";

const lotMethod = s.enum(["average", "fifo", "lifo"]);
const accounting = s.describe(
  s.enum(["netting", "hedging"]),
  "`hedging`: positions of one symbol stand side by side, long and short, each closed by its own id",
);
const margin = s.describe(
  s.enum(["cash", "margin"]),
  "`margin`: may borrow cash and sell short, within its margin",
);
const status = s.enum(["open", "closed"]);

const limits = s.object(limitFields);
const tradingState = s.describe(
  s.enum(TRADING_STATES),
  "`reducing`: only what makes a position smaller; `halted`: no orders",
);

const corporateActions = s.describe(
  s.enum(CORPORATE_ACTIONS),
  "`automatic`: splits that are stored for what it holds are recorded by themselves, its open orders adjusted; `manual`: by a transaction",
);

const portfolio = s.named(
  "Portfolio",
  s.object({
    portfolioId: id(),
    name: s.string(),
    ownerId: id(),
    status,
    baseCurrency: s.string(),
    accounting,
    lotMethod,
    corporateActions,
    margin,
    ...marginTermFields,
    ...financingFields,
    ...currencyTermFields,
    ...balancesFields,
    limits,
    tradingState,
    initialCash: s.decimalText(),
    cash: s.describe(s.decimalText(), "as of the trade date: settled and unsettled together"),
    settledCash: s.describe(s.decimalText(), "what has moved; withdrawals come out of it"),
    unsettledCash: s.describe(
      s.decimalText(),
      "of trades that have not settled: to come less to be paid",
    ),
    netDeposits: s.describe(s.decimalText(), "deposits less withdrawals since the opening"),
    dividends: s.describe(s.decimalText(), "after tax"),
    reserved: s.describe(s.decimalText(), "held for open orders"),
    buyingPower: s.describe(
      s.decimalText(),
      "cash that no order holds; of a margin portfolio what its free margin can open, 0 while a price is not known",
    ),
    equity: s.describe(
      s.nullable(s.decimalText()),
      "null while a position has no price, or a currency no rate",
    ),
    realizedPnl: s.decimalText(),
    unrealizedPnl: s.nullable(s.decimalText()),
    fees: s.decimalText(),
    openOrders: s.integer(),
    asOf: s.isoTime(),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type PortfolioView = Infer<typeof portfolio>;
const portfolioPage = pageOf("PortfolioPage", portfolio);
export type PortfolioPage = Infer<typeof portfolioPage>;

const position = s.named(
  "Position",
  s.object({
    symbol: symbol(),
    positionId: s.describe(
      s.string(),
      "of a hedging portfolio the order that opened it; of a netting portfolio its symbol",
    ),
    side: s.enum(["long", "short"]),
    currency: s.string(),
    quantity: s.describe(s.decimalText(), "negative when short"),
    averagePrice: s.decimalText(),
    cost: s.describe(s.decimalText(), "of the open lots, fees not included"),
    multiplier: s.decimalText(),
    marketPrice: s.nullable(s.decimalText()),
    marketValue: s.nullable(s.decimalText()),
    unrealizedPnl: s.nullable(s.decimalText()),
    inBase: inBaseField,
    realizedPnl: s.decimalText(),
    fees: s.decimalText(),
  }),
);
export type PositionView = Infer<typeof position>;
const positions = s.named(
  "Positions",
  s.object({
    portfolioId: id(),
    asOf: s.isoTime(),
    data: s.array(position),
    nextCursor: s.nullable(s.string()),
  }),
);
export type PositionsView = Infer<typeof positions>;

const ledgerEntry = s.named(
  "LedgerEntry",
  s.object({
    transactionId: id(),
    index: s.integer(),
    account: s.string(),
    currency: s.string(),
    debit: s.decimalText(),
    credit: s.decimalText(),
    memo: s.string(),
    orderId: s.nullable(id()),
    tradeId: s.nullable(id()),
    at: s.isoTime(),
  }),
);
const ledger = pageOf("Ledger", ledgerEntry);
export type LedgerPage = Infer<typeof ledger>;

const historyPoint = s.named(
  "HistoryPoint",
  s.object({
    timestamp: s.describe(s.isoTime(), "on the market's clock"),
    equity: s.decimalText(),
    cash: s.decimalText(),
    positionsValue: s.decimalText(),
  }),
);
const history = pageOf("History", historyPoint);
export type HistoryPage = Infer<typeof history>;

const portfolioId = { portfolioId: id() };
const name = s.string({ min: 1, max: 120 });

export const createPortfolio = route({
  method: "POST",
  path: "/api/portfolios",
  action: "portfolios.create",
  area: "risk",
  permission: "portfolios.create",
  summary: "Open a portfolio",
  body: {
    name,
    baseCurrency: currency,
    initialCash: s.decimal({ sign: "nonNegative", example: "100000" }),
    accounting: s.defaulted(accounting, "netting"),
    lotMethod: s.defaulted(lotMethod, "average"),
    corporateActions: s.optional(corporateActions),
    margin: s.defaulted(margin, "cash"),
    ...marginTermFields,
    ...financingFields,
    ...currencyTermFields,
    limits: s.optional(limits),
  },
  check: (value) => [...marginTermsFit(value), ...currencyTermsFit(value)],
  response: portfolio,
  status: 201,
  isIdempotent: true,
  problems: ["IDEMPOTENCY_KEY_REUSED"],
});

export const listPortfolios = route({
  method: "GET",
  path: "/api/portfolios",
  action: "portfolios.list",
  area: "risk",
  permission: "portfolios.read",
  summary: "The portfolios that you may see",
  query: { status: s.optional(status), ...paging },
  response: portfolioPage,
});

export const getPortfolio = route({
  method: "GET",
  path: "/api/portfolios/{portfolioId}",
  action: "portfolios.get",
  area: "risk",
  permission: "portfolios.read",
  summary: "One portfolio, now or as recorded at an instant",
  params: portfolioId,
  query: { asOf },
  response: portfolio,
  problems: ["NOT_FOUND"],
});

const changesSomething: CrossCheck = (value) =>
  ["name", "limits", "tradingState", "corporateActions"].every(
    (field) => value[field] === undefined,
  )
    ? [
        {
          path: "name",
          code: "REQUIRED",
          message: "or limits, tradingState or corporateActions is required",
        },
      ]
    : [];

export const updatePortfolio = route({
  method: "PATCH",
  path: "/api/portfolios/{portfolioId}",
  action: "portfolios.update",
  area: "risk",
  permission: "portfolios.update",
  summary:
    "Rename a portfolio, replace its limits, halt its trading, or say who records corporate actions",
  params: portfolioId,
  body: {
    name: s.optional(name),
    limits: s.optional(limits),
    tradingState: s.optional(tradingState),
    corporateActions: s.optional(corporateActions),
  },
  check: changesSomething,
  response: portfolio,
  problems: ["NOT_FOUND", "PORTFOLIO_CLOSED"],
});

export const closePortfolio = route({
  method: "DELETE",
  path: "/api/portfolios/{portfolioId}",
  action: "portfolios.close",
  area: "risk",
  permission: "portfolios.close",
  summary: "Close a portfolio that is flat and has no open orders",
  params: portfolioId,
  response: portfolio,
  problems: ["NOT_FOUND", "PORTFOLIO_NOT_FLAT"],
});

export const getPositions = route({
  method: "GET",
  path: "/api/portfolios/{portfolioId}/positions",
  action: "portfolios.positions",
  area: "risk",
  permission: "portfolios.read",
  summary: "Positions, now or as recorded at an instant",
  params: portfolioId,
  query: { asOf },
  response: positions,
  problems: ["NOT_FOUND"],
});

export const getLedger = route({
  method: "GET",
  path: "/api/portfolios/{portfolioId}/ledger",
  action: "portfolios.ledger",
  area: "risk",
  permission: "portfolios.read",
  summary: "The double-entry ledger: Σ debits = Σ credits per currency",
  params: portfolioId,
  query: { start: s.optional(s.time()), end: s.optional(s.time()), ...pagingForward },
  response: ledger,
  problems: ["NOT_FOUND"],
});

export const getHistory = route({
  method: "GET",
  path: "/api/portfolios/{portfolioId}/history",
  action: "portfolios.history",
  area: "risk",
  permission: "portfolios.read",
  summary: "The equity curve, one point a change",
  params: portfolioId,
  query: { start: s.optional(s.time()), end: s.optional(s.time()), ...pagingForward },
  response: history,
  problems: ["NOT_FOUND"],
});
