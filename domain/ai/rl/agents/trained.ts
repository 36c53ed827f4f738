import { type AdamState, adamStart } from "../../nets/adam.ts";
import { Network } from "../../nets/network.ts";
import { arrayOf, type Checkpoint } from "./learner.ts";

/** A network with its optimiser. */
export interface Trained {
  readonly network: Network;
  readonly optimiser: AdamState;
}

export function untrained(network: Network): Trained {
  return { network, optimiser: adamStart(network.weights.length) };
}

export function savedNetwork(name: string, { sizes, weights }: Network): Checkpoint["arrays"] {
  return { [name]: weights.slice(), [`${name}Sizes`]: Float64Array.from(sizes) };
}

export function savedTrained(name: string, { network, optimiser }: Trained): Checkpoint["arrays"] {
  return {
    ...savedNetwork(name, network),
    [`${name}Mean`]: optimiser.mean.slice(),
    [`${name}Square`]: optimiser.square.slice(),
    [`${name}Powers`]: optimiser.powers.slice(),
  };
}

/** @throws RangeError when the checkpoint does not hold such a network */
export function networkOf(checkpoint: Checkpoint, name: string): Network {
  const sizes = Array.from(arrayOf(checkpoint, `${name}Sizes`));
  return new Network(sizes, arrayOf(checkpoint, name).slice());
}

/** @throws RangeError when the checkpoint does not hold such a network with its optimiser */
export function trainedOf(checkpoint: Checkpoint, name: string): Trained {
  const network = networkOf(checkpoint, name);
  const saved = (what: string, length: number): Float64Array =>
    arrayOf(checkpoint, `${name}${what}`, length).slice();
  const { length } = network.weights;
  return {
    network,
    optimiser: {
      mean: saved("Mean", length),
      square: saved("Square", length),
      powers: saved("Powers", 2),
    },
  };
}

/** The arrays of a network alone: enough to act. */
export function networkPart({ algorithm, arrays }: Checkpoint, name: string): Checkpoint {
  const kept = new Set([name, `${name}Sizes`]);
  return {
    algorithm,
    numbers: {},
    arrays: Object.fromEntries(Object.entries(arrays).filter(([key]) => kept.has(key))),
  };
}
