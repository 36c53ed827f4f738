import type { Json } from "../../../shared/json.ts";
import type { Algorithm, FitJob, Objective, Predictor } from "../../learning/algorithm.ts";
import { Progress } from "../../training/progress.ts";
import { ACTIVATIONS } from "../../nets/activation.ts";
import { Network } from "../../nets/network.ts";
import { Fields, oneOf, parametersOf } from "../fitted.ts";
import { probabilityOf } from "../log-odds.ts";
import { refuseMissing, targetsOf } from "../target.ts";
import { outputsOf } from "./batches.ts";
import { trainNetwork } from "./train.ts";
import { unitsOf } from "./units.ts";

const OBJECTIVES = ["binary", "squared"] as const satisfies readonly Objective[];

/**
 * A small network of dense layers, fitted by Adam over mini-batches. Several of them, which differ by where they begin and by the
 * order in which they see the rows, say the mean of what they say: of values, or of log-odds.
 */
export const mlp: Algorithm = {
  name: "mlp",
  kinds: ["classifier", "regressor", "forecaster"],
  parameters: {
    hidden: {
      type: "integers",
      min: 1,
      max: 512,
      lengthMax: 4,
      default: [16],
      about: "neurons of each hidden layer",
    },
    activation: {
      type: "enum",
      values: ACTIVATIONS,
      default: "tanh",
      about: "of the hidden neurons",
    },
    nets: { type: "integer", min: 1, max: 20, default: 3, about: "networks that are averaged" },
    epochs: {
      type: "integer",
      min: 1,
      max: 2_000,
      default: 40,
      about: "times that each row is seen, at most",
    },
    batch: { type: "integer", min: 1, max: 4_096, default: 64, about: "rows a step" },
    learningRate: { type: "number", min: 1e-6, max: 1, default: 0.003, about: "of Adam" },
    l2: {
      type: "number",
      min: 0,
      max: 100,
      default: 0.001,
      about: "penalty ½·l2·Σw² on the weights, beside the mean loss of a row",
    },
    patience: {
      type: "integer",
      min: 1,
      max: 2_000,
      default: 8,
      about:
        "epochs without a better loss on the stopping rows before it ends; the best weights are kept",
    },
  },
  acceptsMissing: false,
  scaling: "standard",
  lookback: () => 0,
  fit: fitMlp,
  predictor: (fitted) => predictorOf(new Fields(fitted, "fitted")),
};

function fitMlp(job: FitJob): Json {
  refuseMissing(job);
  const targets = targetsOf(job, 2);
  const given = parametersOf(job.parameters);
  const terms = {
    sizes: [job.sample.x.columns, ...given.numbers("hidden"), 1],
    activation: oneOf(ACTIVATIONS, given.text("activation")),
    epochs: given.number("epochs"),
    batch: given.number("batch"),
    learningRate: given.number("learningRate"),
    l2: given.number("l2"),
    patience: given.number("patience"),
  };
  const target = unitsOf(job.objective, targets);
  const count = given.number("nets");
  const progress = new Progress(job.run);
  const nets = Array.from({ length: count }, (_, i) =>
    Array.from(
      trainNetwork({ ...job, run: progress.part(1 / count) }, terms, target, i + 1).weights,
    ),
  );
  const { sizes, activation } = terms;
  return { objective: job.objective, sizes, activation, ...target, nets };
}

function predictorOf(fitted: Fields): Predictor {
  const sizes = fitted.numbers("sizes");
  const activation = oneOf(ACTIVATIONS, fitted.text("activation"));
  const objective = oneOf(OBJECTIVES, fitted.text("objective"));
  const { centre, scale } = { centre: fitted.number("centre"), scale: fitted.number("scale") };
  const nets = fitted
    .lists("nets")
    .map((weights) => new Network(sizes, Float64Array.from(weights), activation));
  return {
    importance: null,
    predict(sample, rows) {
      const outputs = nets.map((network) => outputsOf(network, sample.x, rows));
      return Float64Array.from(rows, (_, i) => {
        const sum = outputs.reduce((total, of) => total + (of[i] ?? Number.NaN), 0);
        const value = centre + (scale * sum) / nets.length;
        return objective === "binary" ? probabilityOf(value) : value;
      });
    },
  };
}
