import type { Fields } from "../../../../domain/ai/algorithms/fitted.ts";
import { FitCancelled, type FitJob, FitRefused } from "../../../../domain/ai/learning/algorithm.ts";
import type { ParameterSchema } from "../../../../domain/ai/learning/parameters.ts";
import { RandomStream } from "../../../../domain/numeric/random.ts";
import { shuffle } from "../../../../domain/numeric/shuffle.ts";

/** Of the order of rows; brain.js draws from another stream of the seed. */
const ORDER_STREAM = 1;

export const EPOCH_PARAMETERS = {
  epochs: {
    type: "integer",
    min: 1,
    max: 1_000,
    default: 20,
    about: "times that each row is seen, at most",
  },
  patience: {
    type: "integer",
    min: 1,
    max: 1_000,
    default: 5,
    about:
      "epochs without a smaller error on the stopping rows before it ends; the best state is kept",
  },
} as const satisfies ParameterSchema;

/** Without rows to stop by so many of those that are learnt from show whether the network still says numbers. */
const WATCHED = 100;

/** A network in training. */
export interface Trainee<S> {
  /** one step on one row */
  train(row: number): void;
  /** what would be kept of the network as it is now */
  state(): S;
  /** of a state, on rows */
  error(state: S, rows: Int32Array): number;
}

/**
 * What brain.js does not do: shuffles the rows, shows those of less weight as much less often, looks between any two of them
 * whether the fit is still wanted, and keeps the state that did best on rows that it has not learnt from.
 * @throws FitCancelled; FitRefused `DIVERGED`
 */
export function trainEpochs<S>(
  { run, seed, weights }: FitJob,
  { train, valid }: Pick<FitJob, "train" | "valid">,
  given: Fields,
  trainee: Trainee<S>,
): S {
  const [epochs, patience] = [given.number("epochs"), given.number("patience")];
  const random = RandomStream.of(seed, ORDER_STREAM);
  const order = Int32Array.from(train);
  const heaviest = train.reduce((most, row) => Math.max(most, weights?.[row] ?? 1), 0);
  const watched = valid.length > 0 ? valid : train.subarray(0, WATCHED);
  let best: { readonly epoch: number; readonly error: number; readonly state: S } | null = null;
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    shuffle(order, random);
    for (const [i, row] of order.entries()) {
      if (run.isCancelled) throw new FitCancelled();
      const share = (weights?.[row] ?? 1) / heaviest;
      if (share === 1 || random.uniform() < share) trainee.train(row);
      if (i % 64 === 0) run.report((epoch - 1 + i / order.length) / epochs);
    }
    const state = trainee.state();
    const error = trainee.error(state, watched);
    if (!Number.isFinite(error))
      throw new FitRefused("DIVERGED", "the network says no numbers any more: learn slower");
    if (best === null || valid.length === 0 || error < best.error) best = { epoch, error, state };
    else if (epoch - best.epoch >= patience) break;
  }
  if (best === null) throw new RangeError(`expected at least one epoch, found ${epochs}`);
  return best.state;
}
