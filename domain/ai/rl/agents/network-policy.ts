import { type Network, Pass } from "../../nets/network.ts";
import type { Policy } from "./learner.ts";
import { argMax } from "./softmax.ts";

/** Takes the action that a network holds to be worth most. */
export class NetworkPolicy implements Policy {
  readonly width: number;
  readonly actions: number;
  readonly #pass: Pass;

  constructor(network: Network) {
    this.width = network.sizes[0] ?? 0;
    this.actions = network.sizes.at(-1) ?? 0;
    this.#pass = new Pass(network, 1);
  }

  choose(observation: Float64Array) {
    this.#pass.input.set(observation);
    this.#pass.forward(1);
    const values = this.#pass.output.slice();
    return { action: argMax(values, 0, this.actions), probabilities: null, values };
  }
}
