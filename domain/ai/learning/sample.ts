import type { Matrix } from "../../numeric/matrix.ts";

/**
 * What was known at the closes of bars: rows of one or more symbols, symbol by symbol, each oldest first and without a hole in
 * the bars that its symbol has. All arrays are as long as `x` has rows.
 */
export interface Sample {
  /** a feature a column; NaN where one has no value */
  readonly x: Matrix;
  /** the number of the row's symbol, from 0 */
  readonly symbol: Int32Array;
  /** when the row's bar closed, epoch ms */
  readonly closeMs: Float64Array;
  /** log return from the close before; NaN at a symbol's first bar */
  readonly logReturn: Float64Array;
  /** of the bar, by the measure that the target names (Parkinson's unless it says otherwise); never negative */
  readonly variance: Float64Array;
}

/** With what happened after each close. */
export interface LabelledSample extends Sample {
  /** in the units that the model is fitted in (`targetSpace`); NaN where the future is not known yet */
  readonly y: Float64Array;
  /** when the last bar closed that the label looks at, epoch ms; NaN where there is no label */
  readonly labelEndMs: Float64Array;
  /** simple return from the row's close to its label's last close, for what trading by predictions would have earned */
  readonly forwardReturn: Float64Array;
}
