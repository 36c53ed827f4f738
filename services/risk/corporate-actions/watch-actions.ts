import { isoDate } from "../../../domain/execution/settlement.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import {
  noteOutcome,
  openSplits,
  type OpenSplit,
  withdrawnActions,
} from "../../../models/portfolio-actions.ts";
import type { NodeContext } from "../../context.ts";
import { alarm } from "../live/alerting.ts";
import type { Round } from "../portfolio-rounds.ts";
import { type Applied, applySplit } from "./apply-split.ts";
import type { Holdings } from "./holdings.ts";

/** Alerts of different actions are told one by one: what became of an action is noted, and not told again. */
const NO_COOLDOWN_MS = 0;

/** Applies what is due in these portfolios, and tells people what they have to decide. */
export async function watchActions(
  node: NodeContext,
  holdings: Holdings,
  { summaries, isStopped }: Round,
): Promise<void> {
  const all = await summaries();
  const automatic = all.filter((summary) => summary.corporateActions === "automatic");
  const byId = new Map(automatic.map((summary) => [summary.portfolioId, summary]));
  const held = await holdings.of(automatic);
  // One split of a symbol a round: the next is of the position that the first leaves.
  const busy = new Set<string>();
  for (const split of held.length === 0 ? [] : await openSplits(node.pool, held)) {
    if (isStopped()) return;
    const summary = byId.get(split.portfolioId);
    const key = `${split.portfolioId} ${split.symbol}`;
    if (summary === undefined || busy.has(key)) continue;
    busy.add(key);
    await look(node, summary, split);
  }
  await tellWithdrawn(node, byId, isStopped);
}

/** One that cannot be looked at does not keep the others from it. */
async function look(node: NodeContext, summary: PortfolioSummary, split: OpenSplit): Promise<void> {
  try {
    const applied = await applySplit(node, summary, split);
    if (applied !== null) await conclude(node, summary, split, applied);
  } catch (err) {
    const { portfolioId, actionId } = split;
    node.log.warn({ err, portfolioId, actionId }, "a split could not be applied; again soon");
  }
}

/** Told before it is noted: after a crash between the two it is told twice, and never not at all. */
async function conclude(
  node: NodeContext,
  summary: PortfolioSummary,
  split: OpenSplit,
  { outcome, reason }: Applied,
): Promise<void> {
  const { portfolioId, actionId, symbol, exDay } = split;
  if (outcome === "undecided")
    await tell(
      node,
      summary,
      `the split ${split.newUnits} for ${split.oldUnits} of ${symbol} on ${isoDate(exDay)} (${actionId}) was not applied: ${reason}`,
    );
  const decidedAtMs = node.clock.now();
  await noteOutcome(node.pool, { portfolioId, actionId, outcome, reason, decidedAtMs });
}

/** What is in the books stays there until somebody takes it out. */
async function tellWithdrawn(
  node: NodeContext,
  byId: ReadonlyMap<string, PortfolioSummary>,
  isStopped: () => boolean,
): Promise<void> {
  for (const { portfolioId, actionId, symbol, exDay } of await withdrawnActions(node.pool)) {
    const summary = byId.get(portfolioId);
    if (isStopped() || summary === undefined) continue;
    const reason = `the split of ${symbol} on ${isoDate(exDay)} (${actionId}) was applied and is believed no longer`;
    await tell(node, summary, reason);
    const decidedAtMs = node.clock.now();
    const noted = { portfolioId, actionId, outcome: "withdrawn", reason, decidedAtMs } as const;
    await noteOutcome(node.pool, noted);
  }
}

function tell(
  node: NodeContext,
  { tenantId, portfolioId, ownerId }: PortfolioSummary,
  message: string,
): Promise<void> {
  const alert = { tenantId, portfolioId, ownerId, message, limit: null, observed: null };
  const kind = { kind: "corporateAction", severity: "critical" } as const;
  return alarm(node, { ...alert, ...kind }, NO_COOLDOWN_MS);
}
