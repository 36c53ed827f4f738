import type { Json } from "../../shared/json.ts";

/** What an algorithm may be told, by name. Everything has a default. */
export type ParameterSchema = { readonly [name: string]: ParameterTerms };

export type ParameterTerms =
  | NumberTerms
  | { readonly type: "boolean"; readonly default: boolean; readonly about: string }
  | {
      readonly type: "enum";
      readonly values: readonly string[];
      readonly default: string;
      readonly about: string;
    }
  /** e.g. the sizes of hidden layers */
  | {
      readonly type: "integers";
      readonly min: number;
      readonly max: number;
      readonly lengthMax: number;
      readonly default: readonly number[];
      readonly about: string;
    }
  /** an ensemble's members; checked by the algorithm itself */
  | {
      readonly type: "members";
      readonly lengthMax: number;
      readonly default: Json;
      readonly about: string;
    };

export interface NumberTerms {
  readonly type: "integer" | "number";
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly about: string;
}

/** Checked against a schema, defaults filled in, in the schema's order. */
export type Parameters = { readonly [name: string]: Json };

/** A parameter that cannot be taken. */
export interface ParameterFault {
  /** e.g. `parameters.depth` */
  readonly path: string;
  readonly message: string;
}
