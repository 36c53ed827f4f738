type Labels = Readonly<Record<string, string>>;

const BUCKETS_MS = [0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** A family of series under one name, rendered in the Prometheus text format. */
interface Family {
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
  render(name: string): string[];
}

/** One series, for who counts so often that finding it by its labels each time would cost more than the rest. */
export interface Series {
  value: number;
}

class Values implements Family {
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly #series = new Map<string, Series>();

  constructor(kind: "counter" | "gauge", help: string) {
    this.kind = kind;
    this.help = help;
  }

  at(labels: Labels): Series {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? { value: 0 };
    this.#series.set(key, series);
    return series;
  }

  render(name: string): string[] {
    return [...this.#series].map(([labels, { value }]) => `${name}${labels} ${value}`);
  }
}

class Histograms implements Family {
  readonly help: string;
  readonly kind = "histogram";
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Histogram>();

  constructor(help: string, bounds: readonly number[]) {
    this.help = help;
    this.#bounds = bounds;
  }

  at(labels: Labels): Histogram {
    const pairs = labelPairs(labels);
    const series = this.#series.get(pairs) ?? new Histogram(this.#bounds);
    this.#series.set(pairs, series);
    return series;
  }

  render(name: string): string[] {
    return [...this.#series].flatMap(([pairs, series]) => series.render(name, pairs));
  }
}

class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const i = this.#bounds.findIndex((bound) => value <= bound);
    if (i >= 0) this.#counts[i] = (this.#counts[i] ?? 0) + 1;
  }

  render(name: string, pairs: string): string[] {
    const first = pairs === "" ? "" : `${pairs},`;
    let running = 0;
    const lines = this.#bounds.map((bound, i) => {
      running += this.#counts[i] ?? 0;
      return `${name}_bucket{${first}le="${bound}"} ${running}`;
    });
    return [
      ...lines,
      `${name}_bucket{${first}le="+Inf"} ${this.#count}`,
      `${name}_sum${braced(pairs)} ${this.#sum}`,
      `${name}_count${braced(pairs)} ${this.#count}`,
    ];
  }
}

function labelText(labels: Labels): string {
  return braced(labelPairs(labels));
}

function braced(pairs: string): string {
  return pairs === "" ? "" : `{${pairs}}`;
}

function labelPairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${escaped(value)}"`)
    .join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/**
 * The process's own measures beside those of the broker. Moleculer's registry costs 5–6 µs an observation, which is more
 * than a turn; this one costs a tenth of a microsecond.
 */
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #beforeRender: (() => void)[] = [];

  counter(name: string, help: string): (labels?: Labels, amount?: number) => void {
    const values = this.#register(name, new Values("counter", help));
    return (labels = {}, amount = 1) => {
      values.at(labels).value += amount;
    };
  }

  gauge(name: string, help: string): (value: number, labels?: Labels) => void {
    const values = this.#register(name, new Values("gauge", help));
    return (value, labels = {}) => {
      values.at(labels).value = value;
    };
  }

  /** The series of a family by their labels, to be found once and counted by whoever holds them. */
  series(kind: "counter" | "gauge", name: string, help: string): (labels: Labels) => Series {
    const values = this.#register(name, new Values(kind, help));
    return (labels) => values.at(labels);
  }

  histogram(
    name: string,
    help: string,
    bounds: readonly number[] = BUCKETS_MS,
  ): (value: number) => void {
    const histogram = this.histograms(name, help, bounds)({});
    return (value) => histogram.observe(value);
  }

  /** Histograms of one family by their labels, as of `series`. */
  histograms(
    name: string,
    help: string,
    bounds: readonly number[] = BUCKETS_MS,
  ): (labels: Labels) => Pick<Histogram, "observe"> {
    const family = this.#register(name, new Histograms(help, bounds));
    return (labels) => family.at(labels);
  }

  /** Called before each rendering, to set gauges that are cheaper to ask than to keep. */
  onRender(refresh: () => void): void {
    this.#beforeRender.push(refresh);
  }

  /** Prometheus text format 0.0.4. */
  render(): string {
    for (const refresh of this.#beforeRender) refresh();
    const lines = [...this.#families].flatMap(([name, family]) => [
      `# HELP ${name} ${family.help}`,
      `# TYPE ${name} ${family.kind}`,
      ...family.render(name),
    ]);
    return `${lines.join("\n")}\n`;
  }

  #register<F extends Family>(name: string, family: F): F {
    if (this.#families.has(name)) throw new Error(`metric ${name} is registered twice`);
    this.#families.set(name, family);
    return family;
  }
}
