import type { DecimalString } from "../../shared/decimal.ts";
import type { TenantPolicy } from "../kill-switch/messages.ts";
import type { Switch } from "../kill-switch/switch.ts";
import { linesOf, type RiskLine } from "./lines.ts";
import { limitsOf, type RiskAccount } from "./order-risk.ts";
import { type Override, type RiskPolicy, wantsPrices } from "./policy.ts";
import type { Flatten, RiskBook } from "./risk-book.ts";

/** What others see of a portfolio's limits and stops beside its owner's own. */
export interface RiskSummary {
  readonly desk: RiskPolicy | null;
  readonly tenant: TenantPolicy | null;
  readonly overrides: readonly Override[];
  readonly switches: readonly Switch[];
  readonly flatten: Flatten | null;
  readonly highWater: DecimalString;
  readonly dayOpen: RiskBook["dayOpen"];
  /** what is held and ordered */
  readonly lines: readonly RiskLine[];
}

/** Absent where nothing was ever set that needs prices or somebody from outside. */
export function summarizeRisk(account: RiskAccount, atMs: number): { readonly risk?: RiskSummary } {
  const { desk, tenant, overrides, switches, flatten, highWater, dayOpen } = account.riskBook;
  const isPlain =
    desk === null &&
    tenant === null &&
    switches.length === 0 &&
    dayOpen === null &&
    !wantsPrices(limitsOf(account, atMs));
  if (isPlain) return {};
  const lines = linesOf(account);
  return { risk: { desk, tenant, overrides, switches, flatten, highWater, dayOpen, lines } };
}
