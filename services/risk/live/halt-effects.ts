import type { RiskCommand } from "../../../domain/risk/kill-switch/messages.ts";
import type { MarketView, PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { switchOrders } from "../../../domain/risk/kill-switch/decide-risk.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { EffectHandler } from "../../../mixins/actor/kind.ts";
import { listViews, type StoredView } from "../../../models/views.ts";
import type { NodeContext } from "../../context.ts";
import { viewOf } from "../margin/liquidate-effect.ts";

const NAMESPACE = "a5e1d9c3-7f42-4c08-b6d1-3e8a90f2c574";
const PAGE = 500;
/** In which a schedule or a group has orders to come. */
const WORKING = {
  algo: ["pendingNew", "new", "partiallyFilled", "pendingCancel"],
  group: ["active", "canceling"],
} as const;

/** What a portfolio's decider asks of the world when a switch is set. */
export function haltEffects(node: NodeContext): Readonly<Record<string, EffectHandler>> {
  return {
    cancelStanding: ({ payload }, run) =>
      // sound: the portfolio's decider made it
      cancelStanding(node, run.ref.id, run.effectId, payload as unknown as Standing),
    flattenPositions: ({ payload }, run) =>
      // sound: the portfolio's decider made it
      flatten(node, run.ref.id, run.effectId, payload as unknown as Standing),
  };
}

interface Standing {
  readonly seq: number;
  readonly symbol?: string | null;
}

/** Schedules and groups of which no order may be open now; those that have any were asked in the turn already. */
async function cancelStanding(
  node: NodeContext,
  portfolioId: string,
  effectId: string,
  { seq, symbol }: Standing,
): Promise<void> {
  for (const type of ["algo", "group"] as const)
    for (const view of await working(node, portfolioId, type, symbol ?? null)) {
      const command = { type: "RequestCancel", requestedBy: switchOrders(seq) };
      try {
        await node.actors.call({ type, id: view.id }, command, {
          commandId: uuidv5(NAMESPACE, `${effectId}:${view.id}`),
        });
      } catch (error) {
        // It has ended meanwhile.
        if (!(error instanceof Refusal)) throw error;
      }
    }
}

/** A group says in its legs what it trades; one that trades more than the symbol is canceled as a whole. */
async function working(
  node: NodeContext,
  portfolioId: string,
  type: "algo" | "group",
  symbol: string | null,
): Promise<readonly StoredView[]> {
  const summary = await summaryOf(node, portfolioId);
  if (summary === null) return [];
  const found: StoredView[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await listViews(node.pool, {
      type,
      viewer: { tenantId: summary.tenantId, userId: null },
      portfolioId,
      statuses: WORKING[type],
      after: last === undefined ? null : { atMs: last.createdAtMs, id: last.id },
      order: "asc",
      limit: PAGE,
    });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return symbol === null ? found : found.filter((view) => isOf(view, symbol));
}

function isOf({ symbol, doc }: StoredView, wanted: string): boolean {
  if (symbol !== null) return symbol === wanted;
  // sound: written by the projection of a group
  const { legs = [] } = doc as { readonly legs?: readonly { readonly symbol: string }[] };
  return legs.some((leg) => leg.symbol === wanted);
}

/** Brings the portfolio the markets of what it holds: it closes what it can. */
async function flatten(
  node: NodeContext,
  portfolioId: string,
  effectId: string,
  { seq }: Standing,
): Promise<void> {
  const summary = await summaryOf(node, portfolioId);
  if (summary?.risk?.flatten?.seq !== seq) return;
  const symbols = [...new Set(summary.positions.map(({ symbol }) => symbol))];
  const markets: MarketView[] = await Promise.all(
    symbols.map((symbol) => viewOf(node, summary, symbol)),
  );
  const command: RiskCommand = { type: "FlattenPositions", seq, markets };
  await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: uuidv5(NAMESPACE, effectId),
  });
}

async function summaryOf(node: NodeContext, portfolioId: string): Promise<PortfolioSummary | null> {
  const { summary } = await node.actors.read({ type: "portfolio", id: portfolioId });
  // sound: the portfolio kind's summary
  return summary as unknown as PortfolioSummary | null;
}
