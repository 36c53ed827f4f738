import { linked } from "../../../domain/risk/performance/time-weighted.ts";
import type { PerformanceView } from "../../../mixins/rest/routes/performance.ts";
import { type Column, escaped, percent, table } from "./html.ts";

type Months = PerformanceView["monthly"];

interface Year {
  readonly name: string;
  /** by month, 1 to 12 */
  readonly months: ReadonlyMap<number, number>;
  readonly total: number;
}

const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** The return of a month at which its cell has its full colour. */
const FULL_HEAT = 0.1;

/** Years by months, the newest below, with the return of each year. */
export function monthlyTable(months: Months): string {
  const columns: readonly Column<Year>[] = [
    { head: "Year", isText: true, cell: ({ name }) => escaped(name) },
    ...NAMES.map((head, i) => ({ head, cell: ({ months: of }: Year) => heat(of.get(i + 1)) })),
    { head: "Year's", cell: ({ total }) => `<strong>${percent(total, 1)}</strong>` },
  ];
  return table("Returns by month", columns, yearsOf(months));
}

function yearsOf(months: Months): readonly Year[] {
  const names = [...new Set(months.map(({ month }) => month.slice(0, 4)))];
  return names.map((name) => {
    const own = months.filter(({ month }) => month.startsWith(name));
    return {
      name,
      months: new Map(own.map(({ month, return: value }) => [Number(month.slice(5)), value])),
      total: linked(own.map(({ return: value }) => ({ value }))),
    };
  });
}

function heat(value: number | undefined): string {
  if (value === undefined) return "";
  const strength = Math.round(45 * Math.min(1, Math.abs(value) / FULL_HEAT));
  const tone = value < 0 ? "--fall" : "--rise";
  return `<span class="heat" style="--tone:var(${tone});--heat:${strength}">${percent(value, 1)}</span>`;
}
