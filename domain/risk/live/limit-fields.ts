import type { Instrument } from "../../market/instrument.ts";
import type { DecimalString } from "../../shared/decimal.ts";

/** Every limit is optional: absent means not limited, but for the price collar, which has a default. Of equity at the market unless it says otherwise. */
export interface PortfolioLimits {
  readonly maxOrderNotional?: DecimalString;
  /** position value over equity, a fraction */
  readonly maxPositionPct?: DecimalString;
  readonly maxOrdersPerMinute?: number;
  readonly restrictedSymbols?: readonly string[];
  /** loss since the day's first event (UTC), over the equity then, a fraction: from then on only what reduces positions */
  readonly maxDailyLossPct?: DecimalString;
  /** how far a limit price may stand from the market, a fraction */
  readonly priceCollarPct?: DecimalString;
  /** Σ |position| over equity, open orders filled at each symbol's worse outcome */
  readonly maxGrossLeverage?: DecimalString;
  /** |Σ position| over equity, all open buys or all open sells filled */
  readonly maxNetLeverage?: DecimalString;
  /** fall of equity from its high-water mark, a fraction of the mark: from then on only what reduces positions */
  readonly maxDrawdownPct?: DecimalString;
  /** historical value at risk of a day over equity, a fraction */
  readonly maxVarPct?: DecimalString;
  readonly maxExpectedShortfallPct?: DecimalString;
  /** this order counted */
  readonly maxOpenOrders?: number;
  /** of one symbol, in the base currency */
  readonly maxSymbolNotional?: DecimalString;
  /** the largest position over equity, a fraction */
  readonly maxConcentrationPct?: DecimalString;
  /** Σ |position| of one sector over equity, a fraction */
  readonly maxSectorPct?: DecimalString;
  readonly allowedSymbols?: readonly string[];
  readonly allowedAssetClasses?: readonly Instrument["assetClass"][];
}

/** `reducing`: only what makes a position smaller. `halted`: nothing. */
export const TRADING_STATES = ["active", "reducing", "halted"] as const;
export type TradingState = (typeof TRADING_STATES)[number];
