import type { Side } from "../../../domain/order/new-order.ts";
import { type Cap, capsOfInstrument, mostWorth } from "../../../domain/risk/sizing/caps.ts";
import { affordableQuantity, holdTerms } from "../../../domain/risk/hold.ts";
import { PAPER_FEES } from "../../../domain/execution/fees.ts";
import { Decimal, dec, text, ZERO } from "../../../domain/shared/decimal.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { powerIn, powerShown } from "../fx.ts";
import { heldOf, inCurrency, type Owner, type Traded } from "./basis.ts";

interface Asked {
  readonly owner: Owner | null;
  readonly traded: Traded | null;
  readonly side: Side;
  readonly entry: Decimal;
  readonly pointValue: string;
}

/** What bounds the quantity: the instrument's limits, and those of the portfolio and of its money. */
export async function capsOf(ctx: RequestContext, asked: Asked): Promise<readonly Cap[]> {
  const { owner, traded, entry, pointValue } = asked;
  const unitValue = entry.times(pointValue);
  return [
    ...(owner === null ? [] : await capsOfOwner(ctx, owner, asked, unitValue)),
    ...(traded === null ? [] : capsOfInstrument(traded.instrument, unitValue)),
  ];
}

async function capsOfOwner(
  ctx: RequestContext,
  owner: Owner,
  { traded, side, entry }: Asked,
  unitValue: Decimal,
): Promise<readonly Cap[]> {
  const { summary, equity } = owner;
  const { limits, baseCurrency } = summary;
  const own = traded?.instrument.currency ?? baseCurrency;
  const local = (amount: Decimal) => inCurrency(ctx, amount, baseCurrency, own);
  const caps: Cap[] = [];
  const held = traded === null ? ZERO : dec(heldOf(owner, traded.symbol));
  const isAdding = side === "buy" ? !held.isNegative() : !held.greaterThan(ZERO);
  if (limits.maxOrderNotional !== undefined) {
    const most = mostWorth(await local(dec(limits.maxOrderNotional)), unitValue);
    caps.push({ code: "MAX_ORDER_NOTIONAL", limit: limits.maxOrderNotional, most });
  }
  if (limits.maxPositionPct !== undefined && isAdding) {
    const worth = await local(Decimal.max(equity, ZERO).times(limits.maxPositionPct));
    const most = mostWorth(worth, unitValue).minus(held.abs());
    caps.push({ code: "MAX_POSITION_PCT", limit: limits.maxPositionPct, most });
  }
  if (side === "sell" && summary.margin === undefined)
    caps.push({ code: "SHORT_NOT_ALLOWED", limit: text(held), most: held });
  if (isAdding) caps.push(await powerCap(summary, { traded, side, entry }, local, unitValue));
  return caps;
}

/** What the cash covers with its fees, as the check of the order will see it; on margin, what the buying power is worth. */
async function powerCap(
  summary: Owner["summary"],
  { traded, side, entry }: Pick<Asked, "traded" | "side" | "entry">,
  local: (amount: Decimal) => Promise<Decimal>,
  unitValue: Decimal,
): Promise<Cap> {
  const currency = traded?.instrument.currency ?? summary.baseCurrency;
  const power = await powerIn(summary, currency, local);
  const limit = powerShown(summary, currency);
  if (traded === null || side === "sell")
    return { code: "BUYING_POWER", limit, most: mostWorth(power, unitValue) };
  const order = { ordType: "limit", price: text(entry) } as const;
  const terms = holdTerms(order, traded.instrument, {
    quote: traded.market.quote,
    feeBps: PAPER_FEES.takerBps,
  });
  const most = terms === null ? ZERO : affordableQuantity(power, terms);
  return { code: "BUYING_POWER", limit, most };
}
