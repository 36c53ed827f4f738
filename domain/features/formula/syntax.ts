/** The columns of a bar that a formula may name. */
export const COLUMNS = ["open", "high", "low", "close", "volume"] as const;
export type Column = (typeof COLUMNS)[number];

/** Of two numbers; a comparison gives 1 or 0, `and` and `or` take everything but 0 for true. */
export const OPERATORS = [
  "or",
  "and",
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
  "+",
  "-",
  "*",
  "/",
  "^",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Of the values at this bar alone. */
export const POINTWISE = ["abs", "log", "exp", "sqrt", "sign", "min", "max", "if"] as const;
export type Pointwise = (typeof POINTWISE)[number];

/** Of the last n values, this bar's among them: `rolling_mean(x, n)`. */
export const WINDOWED = [
  "rolling_mean",
  "rolling_sum",
  "rolling_std",
  "rolling_min",
  "rolling_max",
  "rolling_zscore",
  "rolling_rank",
] as const;
export type Windowed = (typeof WINDOWED)[number];

/** Of two values at this bar and at the one before. */
export const CROSSINGS = ["cross_above", "cross_below"] as const;
export type Crossing = (typeof CROSSINGS)[number];

/** A formula as a tree. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "column"; readonly column: Column }
  /** `at` is its place in the text: whether there is such a feature is known later */
  | {
      readonly kind: "feature";
      readonly name: string;
      readonly line: string | null;
      readonly at: number;
    }
  | { readonly kind: "negate" | "not"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "pointwise"; readonly name: Pointwise; readonly of: readonly Expression[] }
  | { readonly kind: "lag"; readonly of: Expression; readonly bars: number }
  | {
      readonly kind: "rolling";
      readonly name: Windowed;
      readonly of: Expression;
      readonly bars: number;
    }
  | {
      readonly kind: "crossing";
      readonly name: Crossing;
      readonly left: Expression;
      readonly right: Expression;
    };
