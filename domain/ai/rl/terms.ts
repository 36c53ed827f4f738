import type { Parameters } from "../learning/parameters.ts";
import type { AgentName } from "./agents/index.ts";
import type { TimeRange } from "./env/market.ts";
import type { TradingTerms } from "./env/terms.ts";

/** What an agent is, before it has learnt anything. */
export interface AgentTerms {
  readonly algorithm: AgentName;
  /** checked, of the algorithm's schema */
  readonly parameters: Parameters;
  readonly trading: TradingTerms;
  readonly train: TimeRange;
  /** begins where `train` ends, or later */
  readonly test: TimeRange;
}
