import type { Breakout } from "./definition.ts";
import { clamp, hold, type Moment, shown, type Verdict } from "./verdict.ts";

export function breakoutColumns({ entry, exit }: Breakout): readonly string[] {
  const sides = ["upper", "lower"] as const;
  const columns = [entry, exit].flatMap((bars) => sides.map((side) => `donchian_${bars}.${side}`));
  return [...new Set(columns)];
}

/**
 * A close outside the Donchian channel of the `entry` bars before it: above it buy, below it sell; a close outside the narrower channel of
 * `exit` bars ends what was opened the other way. Every bar that closes outside says so again.
 *
 * `strength` is 0.5 and what the close goes beyond the channel in widths of it, at most 1; 1 of an end. `lean` is the place in the
 * channel, −1 at its bottom, 1 at its top.
 */
export function breakout(rule: Breakout, previous: Moment, present: Moment): Verdict {
  const wide = channelOf(rule.entry, previous);
  const narrow = channelOf(rule.exit, previous);
  const { close } = present;
  const name = `the channel of ${rule.entry} bars`;
  if (close === null || wide === null || narrow === null) return hold(`${name} is warming up`);
  const width = wide.upper - wide.lower;
  const lean = width > 0 ? clamp((2 * (close - wide.lower)) / width - 1, -1, 1) : 0;
  const beyond = Math.max(close - wide.upper, wide.lower - close);
  const strength = clamp(0.5 + (width > 0 ? beyond / width : 0.5), 0, 1);
  const at = `the close of ${shown(close)} is`;
  if (close > wide.upper)
    return { side: "buy", goal: "long", strength, lean, reason: `${at} above ${name}` };
  if (close < wide.lower)
    return { side: "sell", goal: "short", strength, lean, reason: `${at} below ${name}` };
  const short = `the channel of ${rule.exit} bars`;
  if (close < narrow.lower)
    return { side: "sell", goal: "flat", strength: 1, lean, reason: `${at} below ${short}` };
  if (close > narrow.upper)
    return { side: "buy", goal: "flat", strength: 1, lean, reason: `${at} above ${short}` };
  return hold(`${at} inside ${name}`, lean);
}

function channelOf(bars: number, { values }: Moment) {
  const upper = values[`donchian_${bars}.upper`] ?? null;
  const lower = values[`donchian_${bars}.lower`] ?? null;
  return upper === null || lower === null ? null : { upper, lower };
}
