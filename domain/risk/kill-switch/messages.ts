/** What concerns the limits of a portfolio, and who may stop it, beside its owner's own. */
import type { MarketView } from "../../portfolio/market-view.ts";
import type { DecimalString } from "../../shared/decimal.ts";
import type { Override, RiskPolicy } from "../live/policy.ts";
import type { Switch } from "./switch.ts";

/** What a portfolio is told when it is opened, of what was set before. */
export interface RiskStanding {
  readonly switches: readonly Switch[];
  readonly tenant: TenantPolicy | null;
}

export interface TenantPolicy {
  /** a later one takes the place of an earlier one */
  readonly version: number;
  readonly policy: RiskPolicy;
}

export type RiskCommand =
  | {
      readonly type: "SetSwitch";
      readonly switch: Switch;
      /** asks all open orders in the switch's scope to be canceled */
      readonly cancelOpenOrders: boolean;
      /** closes all positions in its scope, again and again until there are none */
      readonly flatten: boolean;
    }
  /** in place of what the desk set before; null: nothing */
  | { readonly type: "SetDeskLimits"; readonly policy: RiskPolicy | null; readonly by: string }
  | ({ readonly type: "SetTenantLimits" } & TenantPolicy)
  | { readonly type: "OverrideLimit"; readonly override: Override }
  /** from whoever follows prices: a new day, or a new height */
  | { readonly type: "MarkEquity"; readonly equity: DecimalString }
  /** by reminder, until there is nothing left to close */
  | { readonly type: "PursueFlatten"; readonly seq: number }
  /** what PursueFlatten asked for, with the markets of what the portfolio holds */
  | {
      readonly type: "FlattenPositions";
      readonly seq: number;
      readonly markets: readonly MarketView[];
    };

/** A position that could not be closed yet, and why. A type alias, so that it is assignable to Json. */
export type Unflattened = {
  readonly symbol: string;
  readonly quantity: DecimalString;
  readonly reason: string;
};

export type RiskEvent =
  | { readonly type: "SwitchSet"; readonly switch: Switch; readonly flatten: boolean }
  | { readonly type: "DeskLimitsSet"; readonly policy: RiskPolicy | null; readonly by: string }
  | ({ readonly type: "TenantLimitsSet" } & TenantPolicy)
  | { readonly type: "LimitOverridden"; readonly override: Override }
  | {
      readonly type: "EquityMarked";
      readonly equity: DecimalString;
      /** days since 1970-01-01, UTC */
      readonly day: number;
    }
  /** what keeps positions from being closed has changed */
  | {
      readonly type: "FlattenHindered";
      readonly seq: number;
      readonly left: readonly Unflattened[];
    }
  /** nothing is left, or trading was resumed */
  | { readonly type: "FlattenEnded"; readonly seq: number; readonly isFlat: boolean };

/** Reply to every RiskCommand. */
export interface RiskReceipt {
  readonly portfolioId: string;
  /** asked to be canceled in this turn */
  readonly canceling: number;
  /** to close positions, placed in this turn */
  readonly closing: readonly string[];
}
