import { escaped, percent, plain } from "./html.ts";

export interface Sample {
  readonly date: string;
  readonly value: number;
}

interface Chart {
  readonly title: string;
  readonly samples: readonly Sample[];
  readonly height: number;
  /** of the axis */
  readonly label: (value: number) => string;
  /** drawn down from the top, from 0 */
  readonly isFall?: true;
}

const WIDTH = 960;
const LEFT = 76;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;
/** More points than pixels show nothing more. */
const POINTS_MAX = 1200;

export function equityChart(samples: readonly Sample[]): string {
  const span =
    Math.max(...samples.map(({ value }) => value)) - Math.min(...samples.map(({ value }) => value));
  const digits = span >= 100 ? 0 : 2;
  return chart({ title: "Equity", samples, height: 280, label: (value) => plain(value, digits) });
}

/** @param samples depths, positive */
export function drawdownChart(samples: readonly Sample[]): string {
  const falls = samples.map(({ date, value }) => ({ date, value: -value }));
  return chart({
    title: "Drawdown",
    samples: falls,
    height: 150,
    label: (value) => percent(value, 1),
    isFall: true,
  });
}

function chart({ title, samples, height, label, isFall }: Chart): string {
  const shown = thinned(samples);
  const values = shown.map(({ value }) => value);
  const [low, high] = range(Math.min(...values), isFall ? 0 : Math.max(...values));
  const x = (i: number) => LEFT + ((WIDTH - LEFT - RIGHT) * i) / Math.max(1, shown.length - 1);
  const y = (value: number) => TOP + ((height - TOP - BOTTOM) * (high - value)) / (high - low);
  const points = shown.map(({ value }, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const base = y(isFall ? high : low).toFixed(1);
  const area = `${x(0).toFixed(1)},${base} ${points} ${x(shown.length - 1).toFixed(1)},${base}`;
  const name = isFall ? "fall" : "rise";
  return `<figure>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" class="${name}">
${ticks(low, high)
  .map((tick) => gridLine(y(tick), label(tick)))
  .join("\n")}
${dates(shown, x, height)}
<polygon points="${area}"/>
<polyline points="${points}"/>
</svg>
<figcaption>${escaped(title)}</figcaption>
</figure>`;
}

function gridLine(at: number, text: string): string {
  const y = at.toFixed(1);
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${y}" dy="0.32em" text-anchor="end">${escaped(text)}</text>`;
}

/** Five dates at most, the first and the last among them. */
function dates(shown: readonly Sample[], x: (i: number) => number, height: number): string {
  const count = Math.min(5, shown.length);
  return Array.from({ length: count }, (_, k) => {
    const i = count === 1 ? 0 : Math.round((k * (shown.length - 1)) / (count - 1));
    const anchor = k === 0 ? "start" : k === count - 1 ? "end" : "middle";
    return `<text x="${x(i).toFixed(1)}" y="${height - 8}" text-anchor="${anchor}">${escaped(shown[i]?.date ?? "")}</text>`;
  }).join("");
}

/** Every so many, and the last one always. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.ceil(samples.length / POINTS_MAX);
  return samples.filter((_, i) => (samples.length - 1 - i) % step === 0);
}

/** A flat line lies in the middle. */
function range(low: number, high: number): readonly [low: number, high: number] {
  if (high > low) return [low, high];
  const margin = Math.abs(high) * 0.01 || 0.01;
  return high === 0 ? [-margin, 0] : [low - margin, high + margin];
}

/** Round numbers, some four of them. */
function ticks(low: number, high: number): readonly number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}
