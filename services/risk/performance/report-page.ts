import { drawdownPath } from "../../../domain/risk/performance/drawdowns.ts";
import type { PerformanceView } from "../../../mixins/rest/routes/performance.ts";
import type { PositionView } from "../../../mixins/rest/routes/portfolios.ts";
import { escaped, percent, plain, table } from "./html.ts";
import { drawdownChart, equityChart } from "./report-charts.ts";
import { statisticsList } from "./report-statistics.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { monthlyTable } from "./report-months.ts";

type Held = Pick<
  PositionView,
  "symbol" | "quantity" | "averagePrice" | "marketPrice" | "marketValue" | "unrealizedPnl"
>;

export interface Report {
  readonly name: string;
  readonly status: "open" | "closed";
  readonly currency: string;
  /** or why there is none */
  readonly performance: PerformanceView | string;
  readonly positions: readonly Held[];
}

/** One page of HTML that needs nothing else: no scripts, no fonts, no pictures from elsewhere. */
export function reportPage(report: Report): string {
  const { name, status, currency, performance, positions } = report;
  const isTold = typeof performance !== "string";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)} – performance</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(name)}</h1>
<p>${isTold ? `${performance.start.slice(0, 10)} to ${performance.end.slice(0, 10)} · ` : ""}${escaped(currency)}${status === "closed" ? " · closed" : ""}</p>
</header>
${isTold ? told(performance) : `<section><h2>No performance yet</h2><p>${escaped(performance)}.</p></section>`}
${positionsSection(positions, currency)}
${isTold ? footer(performance) : ""}
</main>
</body>
</html>
`;
}

function told(performance: PerformanceView): string {
  const { daily, metrics } = performance;
  const { depths } = drawdownPath(daily.map((day) => day.return));
  const equity = daily.map(({ date, equity: value }) => ({ date, value }));
  const falls = daily.map(({ date }, i) => ({ date, value: depths[i] ?? 0 }));
  return `${figures(performance)}
<section><h2>Equity and drawdown</h2>
${equityChart(equity)}
${drawdownChart(falls)}
</section>
<section><h2>Returns by month</h2>
${monthlyTable(performance.monthly)}
</section>
${drawdownSection(performance)}
<section><h2>Statistics of ${performance.sampleSize} daily returns</h2>
<dl class="metrics">
${statisticsList(metrics)}
</dl>
</section>`;
}

function figures(performance: PerformanceView): string {
  const { timeWeighted, moneyWeighted, metrics, profit, endValue, currency } = performance;
  return `<dl class="figures">
${figure("Time-weighted", percent(timeWeighted.value), yearly(timeWeighted.annualized))}
${figure("Money-weighted", percent(moneyWeighted.value), moneyWeighted.reason ?? "")}
${figure(`Profit, ${currency}`, plain(profit), `of ${plain(endValue)} now`)}
${figure("Volatility a year", percent(metrics.annualizedVolatility), "")}
${figure("Sharpe ratio a year", plain(metrics.annualizedSharpe), "")}
${figure("Deepest drawdown", percent(metrics.maxDrawdown), "")}
</dl>`;
}

function yearly(value: number | null): string {
  return value === null ? "" : `${percent(value)} a year`;
}

function figure(label: string, value: string, note: string): string {
  const tone = value.startsWith("−") ? ' class="down"' : "";
  const small = note === "" ? "" : `<small>${escaped(note)}</small>`;
  return `<div><dt>${escaped(label)}</dt><dd${tone}>${escaped(value)}${small}</dd></div>`;
}

function drawdownSection({ drawdowns }: PerformanceView): string {
  if (drawdowns.length === 0) return "";
  const rows = table(
    "The deepest drawdowns",
    [
      { head: "From", isText: true, cell: ({ from }) => escaped(String(from)) },
      { head: "Trough", isText: true, cell: ({ trough }) => escaped(String(trough)) },
      {
        head: "Recovered",
        isText: true,
        cell: ({ to }) => escaped(to === null ? "not yet" : String(to)),
      },
      { head: "Depth", cell: ({ depth }) => percent(depth) },
      { head: "Days on record", cell: ({ length }) => String(length) },
    ],
    drawdowns,
  );
  return `<section><h2>Deepest drawdowns</h2>${rows}</section>`;
}

function positionsSection(positions: readonly Held[], currency: string): string {
  const held = positions.filter(({ quantity }) => quantity !== "0");
  if (held.length === 0) return "<section><h2>Positions</h2><p>Nothing is held.</p></section>";
  const rows = table(
    "Positions",
    [
      { head: "Symbol", isText: true, cell: ({ symbol }) => escaped(symbol) },
      { head: "Quantity", cell: ({ quantity }) => escaped(quantity.replace("-", "−")) },
      { head: "Average price", cell: ({ averagePrice }) => money(averagePrice) },
      { head: "Market price", cell: ({ marketPrice }) => money(marketPrice) },
      { head: "Market value", cell: ({ marketValue }) => money(marketValue) },
      { head: `Unrealized, ${currency}`, cell: ({ unrealizedPnl }) => money(unrealizedPnl) },
    ],
    held,
  );
  return `<section><h2>Positions</h2>${rows}</section>`;
}

function money(value: string | null): string {
  return plain(value === null ? null : Number(value));
}

function footer({ method, source, asOf, benchmark }: PerformanceView): string {
  const against = benchmark === null ? "" : ` Benchmark: ${escaped(benchmark)}.`;
  return `<footer><p>As of ${escaped(asOf)}. ${escaped(capital(method))}. Source: ${escaped(source)}.${against}</p></footer>`;
}

function capital(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase());
}
