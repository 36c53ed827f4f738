import { type ExDate, exDateOf } from "../../../domain/execution/ex-date.ts";
import { marketClock } from "../../../domain/execution/market-clock.ts";
import { settlementDate } from "../../../domain/execution/settlement.ts";
import { wholeUnits } from "../../../domain/market/adjust/whole-units.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import type { SplitAdjustment } from "../../../domain/portfolio/after-trade-messages.ts";
import type { ExchangeRate, MarketView } from "../../../domain/portfolio/market-view.ts";
import type { PortfolioCommand, PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { marketInNewUnits } from "../../../domain/portfolio/split-terms.ts";
import { Decimal, dec } from "../../../domain/shared/decimal.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { bodyHash, uuidv5 } from "../../../mixins/actor/ids.ts";
import {
  type ActionOutcome,
  type OpenSplit,
  tradedSince,
} from "../../../models/portfolio-actions.ts";
import type { NodeContext } from "../../context.ts";
import { splitAdjustment } from "../order-adjustment.ts";

export type Applied = Pick<ActionOutcome, "outcome" | "reason">;
type Seen = Omit<MarketView, "feeBps">;

const NAMESPACE = "3e81f6c2-5b0d-4a97-8c46-1f2d97ab60e5";
/** The books have moved on since they were looked at: they are looked at again. */
const MOVED_ON: ReadonlySet<string> = new Set(["POSITION_CHANGED", "POSITION_NOT_HELD"]);

/**
 * Records a stored split, when its time has come and what the portfolio holds is in old units beyond doubt.
 * @returns null while it is not due, or has to be looked at again
 */
export async function applySplit(
  node: NodeContext,
  summary: PortfolioSummary,
  split: OpenSplit,
): Promise<Applied | null> {
  const { symbol, exDay } = split;
  const [seen, marketMs] = await Promise.all([
    node.broker.call<Seen, unknown>("symbols.marketView", { symbol }),
    node.broker.call<number | null, unknown>("symbols.marketTime", { symbol }),
  ]);
  const { instrument } = seen;
  if (instrument === null || marketMs === null) return null;
  const exDate = exDateOf(instrument, exDay);
  const time = marketClock(seen.quote, marketMs, node.clock.now());
  if (marketMs < exDate.closedMs && time < exDate.beginsMs) return null;
  const held = await heldBefore(node, summary, split, instrument);
  if (held.isNothing)
    return { outcome: "notHeld", reason: "nothing of it was held over the ex-date" };
  const units = wholeUnits(split);
  if (units === null) return undecided("its ratio takes larger units than a split can have");
  const isLate = time > exDate.opensMs;
  return record(node, summary, {
    split,
    units,
    seen,
    instrument,
    exDate,
    isLate,
    trades: held.trades,
  });
}

/**
 * What was held when the ex-date began, by what is held now and was traded since. By the date of each trade, not by its instant:
 * bars of a day have theirs at midnight.
 */
async function heldBefore(
  { pool }: NodeContext,
  { positions }: PortfolioSummary,
  split: OpenSplit,
  instrument: Instrument,
): Promise<{ readonly isNothing: boolean; readonly trades: number }> {
  const { exDay } = split;
  const begin = { exDay, settlementDate: settlementDate(instrument, exDay) };
  const since = await tradedSince(pool, split, begin);
  const now = positions
    .filter(({ symbol }) => symbol === split.symbol)
    .map(({ quantity }) => dec(quantity));
  const before = Decimal.sum(0, ...now).minus(since.quantity);
  // Long and short positions side by side may come to nothing, and are there.
  const isHedged = new Set(now.map((quantity) => quantity.isNegative())).size > 1;
  return { isNothing: before.isZero() && !isHedged, trades: since.trades };
}

function undecided(reason: string): Applied {
  return { outcome: "undecided", reason };
}

interface Due {
  readonly split: OpenSplit;
  readonly units: { readonly newUnits: number; readonly oldUnits: number };
  readonly seen: Seen;
  readonly instrument: Instrument;
  readonly exDate: ExDate;
  readonly isLate: boolean;
  /** since the ex-date */
  readonly trades: number;
}

async function record(
  node: NodeContext,
  summary: PortfolioSummary,
  due: Due,
): Promise<Applied | null> {
  const { portfolioId, actionId } = due.split;
  const adjust = await adjustmentOf(node, summary, due.split);
  const command = await commandOf(node, summary, due, adjust);
  try {
    await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
      commandId: uuidv5(NAMESPACE, `${portfolioId}:${actionId}`),
      // What else it says is of the moment: the same action is the same command.
      bodyHash: bodyHash(actionId),
    });
    return { outcome: "applied", reason: due.isLate ? "late" : "before the open" };
  } catch (err) {
    if (!(err instanceof Refusal)) throw err;
    return MOVED_ON.has(err.code) ? null : undecided(err.message);
  }
}

/** Only the portfolio knows whether the split is on record: what was traded since then is in no doubt. */
function doubtOf({ trades, isLate }: Due, { standing }: SplitAdjustment): string | null {
  if (trades > 0)
    return `${trades} trades since the ex-date may be in new units, and what was held before in old ones`;
  // Of orders that were open while the market traded in new units nobody knows what units they are in.
  return isLate && standing.length > 0 ? "orders or strategies in the symbol are at work" : null;
}

function adjustmentOf(
  node: NodeContext,
  { tenantId, ownerId, portfolioId }: PortfolioSummary,
  { symbol }: OpenSplit,
): Promise<SplitAdjustment> {
  // No order may rest in old units, and nobody is there to decide: what cannot be adjusted is canceled.
  const asked = { tenantId, portfolioId, symbol, userId: ownerId };
  return splitAdjustment(node, node.broker, asked, true);
}

async function commandOf(
  { broker }: NodeContext,
  { positions }: PortfolioSummary,
  due: Due,
  adjust: SplitAdjustment,
): Promise<PortfolioCommand> {
  const { split, units, seen, instrument, exDate, isLate } = due;
  const doubt = doubtOf(due, adjust);
  const { portfolioId, symbol, actionId, exDay, source } = split;
  const { lotSize } = instrument;
  const effectiveAtMs = exDate.beginsMs;
  const terms = { symbol, ...units, lotSize, effectiveAtMs };
  const { quote } = marketInNewUnits({ ...seen, feeBps: "0" }, terms);
  const exchange = await broker.call<ExchangeRate | null, unknown>("fx.exchange", {
    portfolioId,
    symbol,
  });
  return {
    type: "SplitPosition",
    ...terms,
    cashInLieuPrice: quote?.last ?? null,
    ...(exchange && { baseRate: exchange.rate }),
    ...(!isLate && { adjust }),
    action: {
      actionId,
      exDay,
      positions: positions.filter((position) => position.symbol === symbol),
      ...(doubt !== null && { doubt }),
    },
    memo: `corporate action ${actionId} from ${source}`,
  };
}
