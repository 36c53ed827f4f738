import { Metrics } from "../../../../mixins/metrics.ts";

describe("metrics in the Prometheus text format, version 0.0.4", () => {
  it("render counters by labels", () => {
    const metrics = new Metrics();
    const appended = metrics.counter("append_total", "Turns appended by outcome");
    appended({ status: "ok" });
    appended({ status: "ok" }, 2);
    appended({ status: "fenced" });
    expect(metrics.render()).toBe(
      [
        "# HELP append_total Turns appended by outcome",
        "# TYPE append_total counter",
        'append_total{status="ok"} 3',
        'append_total{status="fenced"} 1',
        "",
      ].join("\n"),
    );
  });

  it("render gauges with the last value, without braces when there are no labels", () => {
    const metrics = new Metrics();
    const owned = metrics.gauge("shard_owned", "Shards");
    owned(3);
    owned(2);
    expect(metrics.render()).toContain("\nshard_owned 2\n");
  });

  it("render histograms with cumulative buckets, the bound itself inside", () => {
    const metrics = new Metrics();
    const size = metrics.histogram("batch_size", "Turns", [1, 2, 4]);
    for (const value of [1, 2, 2, 3, 9]) size(value);
    expect(metrics.render()).toBe(
      [
        "# HELP batch_size Turns",
        "# TYPE batch_size histogram",
        'batch_size_bucket{le="1"} 1',
        'batch_size_bucket{le="2"} 3',
        'batch_size_bucket{le="4"} 4',
        'batch_size_bucket{le="+Inf"} 5',
        "batch_size_sum 17",
        "batch_size_count 5",
        "",
      ].join("\n"),
    );
  });

  it("escape backslash, quote and line break in label values", () => {
    const metrics = new Metrics();
    metrics.gauge("g", "G")(1, { type: 'a"b\\c\nd' });
    expect(metrics.render()).toContain('g{type="a\\"b\\\\c\\nd"} 1');
  });

  it("refresh what is asked for only when it is read", () => {
    const metrics = new Metrics();
    const depth = metrics.gauge("depth", "D");
    let now = 1;
    metrics.onRender(() => depth(now));
    expect(metrics.render()).toContain("depth 1");
    now = 2;
    expect(metrics.render()).toContain("depth 2");
  });

  it("refuse a name that is taken", () => {
    const metrics = new Metrics();
    metrics.gauge("g", "G");
    expect(() => metrics.counter("g", "again")).toThrow("metric g is registered twice");
  });
});
