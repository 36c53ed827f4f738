import type { Bar } from "../../../domain/market/bar.ts";
import type { OrderVerdict } from "../../../domain/portfolio/messages.ts";
import type { StoredSignal } from "../../../models/signals.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import type { NodeContext } from "../../context.ts";
import { asked, isOver, opens, sizedBy, type Telling } from "./act.ts";
import { whyPaused } from "./pause.ts";

/** What the action of the portfolios takes. */
interface ActOnPair {
  readonly portfolioId: string;
  readonly legs: readonly Telling[];
  readonly opens: boolean;
}

/**
 * Acts upon the two signals of a pair at once: one leg is worth nothing without the other, so none is opened unless both can be, and none
 * closed unless both can be, or are.
 */
export async function actOnPair(
  node: NodeContext,
  strategy: StoredStrategy,
  signals: readonly StoredSignal[],
  bar: Bar,
): Promise<void> {
  const { strategyId, portfolioId } = strategy;
  const legs: Telling[] = [];
  let isOpening = false;
  for (const signal of signals) {
    const why = await whyNot(node, strategy, signal, bar);
    const sized = why === null ? await sizedBy(node, strategy, signal, bar) : null;
    const wantsNone = signal.goal === "flat";
    // A leg that is too weak, or that may not be short, keeps the other from standing alone.
    if (sized === null || (!wantsNone && !opens(signal, sized))) {
      node.log.info({ strategyId, signalId: signal.signalId, why }, "a pair is left as it is");
      return;
    }
    const { portfolioId: _, ...told } = asked(strategy, signal);
    legs.push({ ...told, ...sized, ...(!wantsNone && { mustOpen: true as const }) });
    isOpening ||= !wantsNone;
  }
  const verdicts = await node.broker.call<readonly OrderVerdict[], ActOnPair>(
    "portfolios.actOnPair",
    { portfolioId, legs, opens: isOpening },
  );
  const none = verdicts.flatMap((one) => (one.verdict === "none" ? [one.reason] : []));
  if (isOpening && none.length > 0)
    node.log.info({ strategyId, reasons: none }, "a pair is not opened");
}

async function whyNot(
  node: NodeContext,
  strategy: StoredStrategy,
  signal: StoredSignal,
  bar: Bar,
): Promise<string | null> {
  if (await isOver(node, signal)) return "its horizon is over";
  if (signal.goal === "flat") return null;
  return whyPaused(node, strategy, { ...bar, symbol: signal.symbol });
}
