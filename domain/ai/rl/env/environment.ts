import type { RandomStream } from "../../../numeric/random.ts";

/** A world in which an agent acts, step by step, in episodes. Its chances are those of the stream that it is handed. */
export interface Environment {
  /** numbers of an observation */
  readonly width: number;
  /** an action is a whole number from 0 to this − 1 */
  readonly actions: number;
  /** of each number of an observation the values that it takes, ascending, where they are few; null: any */
  readonly levels: readonly (readonly number[] | null)[];
  /** Begins an episode. @param observation is written to */
  reset(random: RandomStream, observation: Float64Array): void;
  /** @param observation is written to: what there is to see after the action */
  step(action: number, random: RandomStream, observation: Float64Array): Outcome;
  /** where the episode stands, for `restore`: what follows is the same then */
  save(): Float64Array;
  /** @throws RangeError when it was not saved by such an environment */
  restore(saved: Float64Array): void;
}

export interface Outcome {
  readonly reward: number;
  /** nothing follows: what would have come is worth 0 */
  readonly isTerminal: boolean;
  /** the episode is cut here though the world would go on: what would have come keeps its worth */
  readonly isTruncated: boolean;
}
