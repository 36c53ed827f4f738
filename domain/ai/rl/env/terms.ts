export const REWARDS = ["logReturn", "volatilityScaled", "differentialSharpe"] as const;
export type RewardKind = (typeof REWARDS)[number];

export const POSITION_SETS = ["longShort", "longFlat"] as const;
export type PositionSet = (typeof POSITION_SETS)[number];

/** Under which terms an agent trades. */
export interface TradingTerms {
  readonly positions: PositionSet;
  /** of what is traded, each way, in hundredths of a percent */
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly reward: RewardKind;
  /** of training: at most so many bars, from a chance place of the training range */
  readonly episodeBars: number;
  /** a loss from the episode's peak, a fraction, at which it ends; null: none */
  readonly drawdownStop: number | null;
  /** whether the agent sees what its position has earned since it was taken */
  readonly unrealised: boolean;
}

/** By action: parts of the wealth that are held, below 0 sold short. */
export function positionsOf(set: PositionSet): readonly number[] {
  return set === "longShort" ? [-1, 0, 1] : [0, 1];
}

/** A fraction of what is traded. */
export function costRate({ feeBps, slippageBps }: TradingTerms): number {
  return (feeBps + slippageBps) / 10_000;
}
