import { mean, standardDeviation } from "../../../numeric/moments.ts";
import type { Objective } from "../../learning/algorithm.ts";

/** A network learns labels of mean 0 and deviation 1, or log-odds as they are. */
export interface Units {
  readonly centre: number;
  readonly scale: number;
}

export function unitsOf(objective: Objective, targets: Float64Array): Units {
  return objective === "binary"
    ? { centre: 0, scale: 1 }
    : { centre: mean(targets), scale: standardDeviation(targets, 0) };
}
