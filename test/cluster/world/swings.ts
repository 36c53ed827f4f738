const WAVE_MS = 40_000;

/** A price that swings around 100, so that limits near it are reached again and again. `phase` sets symbols apart. */
export function swing(nowMs: number, phase: number): number {
  return 100 + 8 * Math.sin((nowMs / WAVE_MS) * 2 * Math.PI + phase);
}
