/**
 * The highest of the highs and the lowest of the lows of the last `size` bars, by the blocks of `Extreme`: one ring of two columns,
 * as both move in step.
 */
export type Channel = {
  readonly size: number;
  /** of the block under way as far as `next`, then the highest from each place to the end of the block before */
  readonly highs: number[];
  readonly lows: number[];
  next: number;
  /** of the block under way */
  top: number;
  bottom: number;
};

export function newChannel(size: number): Channel {
  return { size, highs: [], lows: [], next: 0, top: 0, bottom: 0 };
}

/** Takes the next bar's, both finite, and says whether the channel is full. */
export function nextChannel(channel: Channel, high: number, low: number): boolean {
  const { size, highs, lows, next } = channel;
  const isFirst = next === 0;
  if (isFirst || high > channel.top) channel.top = high;
  if (isFirst || low < channel.bottom) channel.bottom = low;
  highs[next] = high;
  lows[next] = low;
  if (next + 1 === size) endBlock(channel);
  else channel.next = next + 1;
  return highs.length === size;
}

/** Of a full channel. */
export function topOf({ highs, next, top }: Channel): number {
  const earlier = highs[next] ?? top;
  return earlier > top ? earlier : top;
}

/** Of a full channel. */
export function bottomOf({ lows, next, bottom }: Channel): number {
  const earlier = lows[next] ?? bottom;
  return earlier < bottom ? earlier : bottom;
}

function endBlock(channel: Channel): void {
  const { size, highs, lows } = channel;
  let top = highs[size - 1] ?? 0;
  let bottom = lows[size - 1] ?? 0;
  for (let index = size - 2; index >= 0; index -= 1) {
    top = Math.max(top, highs[index] ?? top);
    bottom = Math.min(bottom, lows[index] ?? bottom);
    highs[index] = top;
    lows[index] = bottom;
  }
  channel.next = 0;
}
