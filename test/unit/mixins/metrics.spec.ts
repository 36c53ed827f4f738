import { Metrics } from "../../../mixins/metrics.ts";

describe("metrics in the Prometheus text format", () => {
  it("counts in a series that was found once as in one that is found each time", () => {
    const metrics = new Metrics();
    const calls = metrics.series("counter", "calls_total", "Calls");
    const held = calls({ action: "a.b" });
    held.value += 2;
    calls({ action: "a.b" }).value += 1;
    calls({ action: 'with "quotes"' }).value += 1;
    expect(metrics.render()).toBe(
      `# HELP calls_total Calls
# TYPE calls_total counter
calls_total{action="a.b"} 3
calls_total{action="with \\"quotes\\""} 1
`,
    );
  });

  it("sorts what was observed into cumulative buckets, by labels", () => {
    const metrics = new Metrics();
    const times = metrics.histograms("time_ms", "Times", [1, 10]);
    for (const ms of [0.5, 1, 3, 50]) times({ action: "a" }).observe(ms);
    times({ action: "b" }).observe(7);
    expect(metrics.render()).toBe(
      `# HELP time_ms Times
# TYPE time_ms histogram
time_ms_bucket{action="a",le="1"} 2
time_ms_bucket{action="a",le="10"} 3
time_ms_bucket{action="a",le="+Inf"} 4
time_ms_sum{action="a"} 54.5
time_ms_count{action="a"} 4
time_ms_bucket{action="b",le="1"} 0
time_ms_bucket{action="b",le="10"} 1
time_ms_bucket{action="b",le="+Inf"} 1
time_ms_sum{action="b"} 7
time_ms_count{action="b"} 1
`,
    );
  });

  it("needs no labels", () => {
    const metrics = new Metrics();
    metrics.histogram("turn_ms", "Turns", [1])(2);
    expect(metrics.render()).toContain('turn_ms_bucket{le="+Inf"} 1\nturn_ms_sum 2\n');
  });
});
