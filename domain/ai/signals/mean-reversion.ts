import type { MeanReversion } from "./definition.ts";
import { reversion } from "./reversion.ts";
import type { Moment, Verdict } from "./verdict.ts";

/** The RSI that says nothing. */
const RSI_MIDDLE = 50;

export function reversionColumn({ variant, period }: MeanReversion): string {
  return `${variant}_${period}`;
}

/** Of the z-score of the close, or of the RSI's distance from 50. @see reversion */
export function meanReversion(rule: MeanReversion, previous: Moment, present: Moment): Verdict {
  const column = reversionColumn(rule);
  const measure = ({ values }: Moment): number | null => {
    const value = values[column] ?? null;
    if (value === null || !Number.isFinite(value)) return null;
    return rule.variant === "rsi" ? value - RSI_MIDDLE : value;
  };
  const name = rule.variant === "rsi" ? `${column} less ${RSI_MIDDLE}` : column;
  return reversion(
    { name, entry: rule.entry, exit: rule.exit },
    measure(previous),
    measure(present),
  );
}
