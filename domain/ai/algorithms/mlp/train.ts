import { RandomStream } from "../../../numeric/random.ts";
import { shuffle } from "../../../numeric/shuffle.ts";
import { FitCancelled, type FitJob, FitRefused } from "../../learning/algorithm.ts";
import type { Activation } from "../../nets/activation.ts";
import { adamStart, adamStep, type AdamState } from "../../nets/adam.ts";
import { addDecay, Network, Pass } from "../../nets/network.ts";
import { gather, outputsOf } from "./batches.ts";
import type { Units } from "./units.ts";

export interface NetworkTerms {
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly patience: number;
}

/** Longer gradients are shortened to it: one row far from all others shall not undo what the rest has taught. */
const NORM_MAX = 5;

/** One network in training. */
interface Training {
  readonly job: FitJob;
  readonly terms: NetworkTerms;
  readonly units: Units;
  readonly network: Network;
  readonly pass: Pass;
  readonly gradient: Float64Array;
  readonly adam: AdamState;
}

/** @param stream of the seed: the networks of one fit have one each; @throws FitCancelled, FitRefused `DIVERGED` */
export function trainNetwork(
  job: FitJob,
  terms: NetworkTerms,
  units: Units,
  stream: number,
): Network {
  const random = RandomStream.of(job.seed, stream);
  const network = Network.initial(terms.sizes, random, 1, terms.activation);
  const size = network.weights.length;
  const training: Training = {
    job,
    terms,
    units,
    network,
    pass: new Pass(network, terms.batch),
    gradient: new Float64Array(size),
    adam: adamStart(size),
  };
  const order = Int32Array.from(job.train);
  let best = { loss: Infinity, epoch: 0, weights: Float64Array.from(network.weights) };
  for (let epoch = 1; epoch <= terms.epochs; epoch += 1) {
    shuffle(order, random);
    trainEpoch(training, order);
    job.run.report(epoch / terms.epochs);
    if (job.valid.length === 0) continue;
    const loss = validLoss(training);
    if (loss < best.loss) best = { loss, epoch, weights: Float64Array.from(network.weights) };
    else if (epoch - best.epoch >= terms.patience) break;
  }
  if (job.valid.length > 0) network.weights.set(best.weights);
  if (!network.weights.every((weight) => Number.isFinite(weight)))
    throw new FitRefused("DIVERGED", "the weights have grown beyond all numbers: learn slower");
  return network;
}

function trainEpoch(training: Training, order: Int32Array): void {
  const { job, terms, network, pass, gradient, adam } = training;
  for (let from = 0; from < order.length; from += terms.batch) {
    if (job.run.isCancelled) throw new FitCancelled();
    const rows = order.subarray(from, from + terms.batch);
    gather(job.sample.x, rows, pass.input);
    pass.forward(rows.length);
    fillDelta(training, rows);
    gradient.fill(0);
    pass.backward(rows.length, gradient);
    addDecay(network, gradient, terms.l2);
    adamStep(adam, network.weights, gradient, terms.learningRate, NORM_MAX);
  }
}

/** The gradient of the mean loss by the output: (p − y) of log-loss and (f − y) of half the square alike. */
function fillDelta({ job, units, pass }: Training, rows: Int32Array): void {
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? 0;
    const output = pass.output[i] ?? 0;
    const said = job.objective === "binary" ? 1 / (1 + Math.exp(-output)) : output;
    const weight = job.weights?.[row] ?? 1;
    pass.delta[i] = (weight * (said - labelOf(job, units, row))) / rows.length;
  }
}

function validLoss({ job, units, network }: Training): number {
  const outputs = outputsOf(network, job.sample.x, job.valid);
  let sum = 0;
  for (const [i, row] of job.valid.entries())
    sum +=
      (job.weights?.[row] ?? 1) * lossOf(job, outputs[i] ?? Number.NaN, labelOf(job, units, row));
  return sum / job.valid.length;
}

function labelOf({ sample }: FitJob, { centre, scale }: Units, row: number): number {
  return ((sample.y[row] ?? Number.NaN) - centre) / scale;
}

/** Log-loss of log-odds as log(1 + e^z) − y·z, which does not overflow; half the square. */
function lossOf({ objective }: FitJob, output: number, label: number): number {
  if (objective === "squared") return 0.5 * (output - label) ** 2;
  const soft = Math.max(0, output) + Math.log(1 + Math.exp(-Math.abs(output)));
  return soft - label * output;
}
