import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging } from "./common.ts";

const severity = s.enum(["info", "warning", "critical"]);
const kind = s.describe(
  s.string({ min: 1, max: 64 }),
  "the name of a limit, `killSwitch`, `reconciliation` or `corporateAction`",
);

const alert = s.named(
  "Alert",
  s.object({
    alertId: id(),
    portfolioId: s.describe(s.nullable(id()), "null: of the whole tenant"),
    kind,
    severity,
    message: s.string(),
    limit: s.nullable(s.string()),
    observed: s.nullable(s.string()),
    raisedAt: s.isoTime(),
    repeats: s.describe(s.integer(), "how often it came back within its cool-down"),
    ackedAt: s.nullable(s.isoTime()),
    ackedBy: s.nullable(s.string()),
  }),
);
export type AlertView = Infer<typeof alert>;
const alertPage = pageOf("AlertPage", alert);
export type AlertPage = Infer<typeof alertPage>;

export const listAlerts = route({
  method: "GET",
  path: "/api/risk/alerts",
  action: "alerts.list",
  area: "risk",
  permission: "risk.read",
  summary: "What was warned of, in the portfolios that you may see",
  query: {
    portfolioId: s.optional(id()),
    kind: s.optional(kind),
    severity: s.optional(severity),
    acked: s.optional(s.boolean()),
    since: s.optional(s.time()),
    ...paging,
  },
  response: alertPage,
});

export const ackAlert = route({
  method: "POST",
  path: "/api/risk/alerts/{alertId}/ack",
  action: "alerts.ack",
  area: "risk",
  permission: "risk.halt",
  summary: "Say that you have seen an alert; the first who does is on record",
  params: {
    alertId: s.string({ min: 1, max: 15, pattern: /^\d+$/, hint: "must be the id of an alert" }),
  },
  response: alert,
  problems: ["NOT_FOUND"],
});
