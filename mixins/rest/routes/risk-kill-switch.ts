import { TRADING_STATES } from "../../../domain/portfolio/messages.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging, symbol } from "./common.ts";

const state = s.describe(
  s.enum(TRADING_STATES),
  "`halted`: no orders; `reducing`: only what makes a position smaller; `active`: resumed",
);
const scope = s.describe(
  s.string({
    min: 1,
    max: 128,
    pattern: /^[A-Za-z0-9_{}:.-]+$/,
    hint: "must be global or a portfolio's id",
  }),
  "`global`: all portfolios of the tenant; else the id of one",
);

const switchFields = {
  switchId: id(),
  scope,
  symbol: s.describe(s.nullable(symbol()), "null: all symbols"),
  state,
  reason: s.string(),
  setBy: s.describe(s.string(), "a user, or what set it off: `trigger:drawdown`"),
  setAt: s.isoTime(),
  expiresAt: s.nullable(s.isoTime()),
  cancelOpenOrders: s.boolean(),
  flatten: s.boolean(),
};

const switchSet = s.named(
  "KillSwitchSet",
  s.object({
    ...switchFields,
    portfolios: s.describe(s.integer(), "that it concerns"),
    acknowledged: s.describe(s.integer(), "that know of it: their next order is checked by it"),
    pending: s.describe(
      s.array(id()),
      "that could not be told yet, and are told again until they are",
    ),
    canceling: s.describe(s.integer(), "orders, schedules and groups asked to be canceled"),
  }),
);
export type SwitchSetView = Infer<typeof switchSet>;

const unflattened = s.object({
  portfolioId: id(),
  symbol: symbol(),
  quantity: s.decimalText(),
  reason: s.string(),
});

const switches = s.named(
  "KillSwitches",
  s.object({
    data: s.array(
      s.object({
        ...switchFields,
        inForce: s.boolean(),
        isAcknowledged: s.describe(s.boolean(), "by every portfolio that it concerns"),
      }),
    ),
    flattening: s.describe(s.array(id()), "portfolios whose positions are being closed"),
    unflattened: s.describe(s.array(unflattened), "what could not be closed yet, and why"),
    nextCursor: s.nullable(s.string()),
  }),
);
export type SwitchesView = Infer<typeof switches>;

const history = pageOf("KillSwitchHistory", s.object(switchFields));
export type SwitchHistoryPage = Infer<typeof history>;

export const setKillSwitch = route({
  method: "POST",
  path: "/api/risk/kill-switch",
  action: "kill-switch.set",
  area: "risk",
  permission: "risk.halt",
  summary: "Stop or resume trading, of all portfolios or of one, in all symbols or in one",
  description:
    "Answered once every portfolio of the scope has taken it in its turn: no order after the answer passes. A trader may stop his own portfolios, and resume what he stopped himself; all else needs `risk.update`.",
  body: {
    scope,
    symbol: s.optional(symbol()),
    state,
    reason: s.string({ min: 1, max: 500 }),
    cancelOpenOrders: s.optional(s.boolean()),
    flatten: s.optional(
      s.describe(
        s.boolean(),
        "closes all positions of the scope, again and again until there are none",
      ),
    ),
    expiresAt: s.optional(s.time()),
  },
  response: switchSet,
  isIdempotent: true,
  problems: ["NOT_FOUND", "IDEMPOTENCY_KEY_REUSED"],
});

export const listKillSwitches = route({
  method: "GET",
  path: "/api/risk/kill-switch",
  action: "kill-switch.list",
  area: "risk",
  permission: "risk.read",
  summary: "How every switch stands",
  query: { portfolioId: s.optional(id()) },
  response: switches,
});

export const listKillSwitchHistory = route({
  method: "GET",
  path: "/api/risk/kill-switch/history",
  action: "kill-switch.history",
  area: "risk",
  permission: "risk.read",
  summary: "Who stopped or resumed what, when and why; nothing of it is ever changed",
  query: { portfolioId: s.optional(id()), ...paging },
  response: history,
});
