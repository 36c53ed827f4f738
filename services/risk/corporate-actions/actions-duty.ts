import type { Work } from "../../../mixins/actor/duty.ts";
import { changedAutomatic } from "../../../models/portfolio-actions.ts";
import type { NodeContext } from "../../context.ts";
import { PortfolioRounds } from "../portfolio-rounds.ts";
import { Holdings } from "./holdings.ts";
import { watchActions } from "./watch-actions.ts";

/** Names the duty like an actor. */
export const ACTIONS_WATCH = { type: "corporateActions", id: "watch" } as const;

/**
 * Brings the splits that are stored for what portfolios hold into those that take them by themselves.
 *
 * It is the duty of one node at a time. Two that overlap, and one that begins again after a crash, tell a portfolio the same
 * again, which changes nothing: it knows what it has recorded.
 */
export function actionsDuty(node: NodeContext): Work {
  const holdings = new Holdings(node);
  return new PortfolioRounds(node, {
    name: "corporate actions",
    changed: (known) => changedAutomatic(node.pool, known),
    look: (round) => watchActions(node, holdings, round),
  });
}
