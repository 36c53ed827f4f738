import type { ServiceSchema } from "moleculer";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-alerts.ts";
import type { AlertPage, AlertView } from "../../mixins/rest/routes/risk-alerts.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { ackAlert, listAlerts } from "../../models/risk-alerts.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { toAlertView } from "./live/alerting.ts";
import { type BrokerBroke, onBreak } from "./live/triggers.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** What was warned of, for those who may see it. */
export function alertsService(node: NodeContext): ServiceSchema {
  return {
    name: "alerts",
    actions: {
      list: {
        params: routes.listAlerts.input.validator,
        handler: (ctx: RequestContext<Params<"alerts.list">>) => list(node, ctx),
      },
      ack: {
        params: routes.ackAlert.input.validator,
        handler: async (ctx: RequestContext<Params<"alerts.ack">>): Promise<AlertView> => {
          const user = userOf(ctx);
          const { alertId } = ctx.params;
          const acked = await ackAlert(node.pool, viewerOf(user), alertId, user.userId);
          if (acked === null) throw notFound("alert", alertId);
          return toAlertView(acked);
        },
      },
      /** From whoever compares our books with a broker's. */
      brokerBroke: {
        visibility: "public",
        handler: async (ctx: RequestContext<BrokerBroke>): Promise<null> => {
          await onBreak(node, ctx.params);
          return null;
        },
      },
    },
  };
}

async function list(
  node: NodeContext,
  ctx: RequestContext<Params<"alerts.list">>,
): Promise<AlertPage> {
  const { portfolioId, kind, severity, acked, since, limit, cursor, order } = ctx.params;
  const alerts = await listAlerts(node.pool, {
    viewer: viewerOf(userOf(ctx)),
    portfolioId,
    kind,
    severity,
    isAcked: acked,
    sinceMs: since,
    afterId: decodeCursor(cursor, { id: "number" })?.id ?? null,
    order,
    limit: limit + 1,
  });
  const shown = alerts.slice(0, limit);
  const last = alerts.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(toAlertView),
    nextCursor: last ? encodeCursor({ id: last.alertId }) : null,
  };
}
