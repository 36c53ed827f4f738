import type { ParameterSchema } from "../../learning/parameters.ts";

export const DQN_PARAMETERS: ParameterSchema = {
  hidden: {
    type: "integers",
    min: 1,
    max: 256,
    lengthMax: 4,
    default: [32, 32],
    about: "units of the hidden layers",
  },
  learningRate: { type: "number", min: 1e-6, max: 0.1, default: 1e-3, about: "of the network" },
  gamma: { type: "number", min: 0, max: 0.9999, default: 0.97, about: "discount a step" },
  batch: { type: "integer", min: 8, max: 1_024, default: 64, about: "steps a gradient" },
  trainEvery: { type: "integer", min: 1, max: 100, default: 4, about: "steps between gradients" },
  replay: { type: "integer", min: 100, max: 50_000, default: 20_000, about: "steps remembered" },
  warmUp: {
    type: "integer",
    min: 8,
    max: 50_000,
    default: 1_000,
    about: "steps before learning",
  },
  targetRate: {
    type: "number",
    min: 1e-4,
    max: 1,
    default: 0.01,
    about: "how far the network that values follows the other with each gradient",
  },
  explorationStart: { type: "number", min: 0, max: 1, default: 1, about: "chance of any action" },
  explorationEnd: { type: "number", min: 0, max: 1, default: 0.05, about: "the same, later" },
  explorationSteps: {
    type: "integer",
    min: 1,
    max: 10_000_000,
    default: 20_000,
    about: "steps from the one to the other",
  },
};
