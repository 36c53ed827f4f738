import type { Work } from "../../../mixins/actor/duty.ts";
import { changedMargined } from "../../../models/margined.ts";
import type { NodeContext } from "../../context.ts";
import { PortfolioRounds } from "../portfolio-rounds.ts";
import { FinancingWatch } from "./financing-watch.ts";
import { watchMargin } from "./margin-watch.ts";

/** Names the duty like an actor. */
export const MARGIN_WATCH = { type: "margin", id: "watch" } as const;

/**
 * Looks after the portfolios that may borrow: as prices move, whether one needs a margin call or has met it, and as the days of
 * its market end, what they cost it.
 *
 * It is the duty of one node at a time. What it tells portfolios changes nothing when two nodes tell it, and is told again
 * after a crash.
 */
export function marginDuty(node: NodeContext): Work {
  const financing = new FinancingWatch(node);
  return new PortfolioRounds(node, {
    name: "margin",
    changed: (known) => changedMargined(node.pool, known),
    look: async (round) => {
      const summaries = await round.summaries();
      await watchMargin(node, summaries, round.isStopped);
      await financing.look(summaries, round.isStopped);
    },
  });
}
