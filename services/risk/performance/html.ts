const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it stands in HTML, between tags or in a quoted attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}

const NONE = "–";

/** Signed, in per cent with two digits. */
export function percent(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return NONE;
  const text = `${grouped(Math.abs(value) * 100, digits)} %`;
  return Number(text.replaceAll(/[^\d.]/g, "")) !== 0 && value < 0 ? `−${text}` : text;
}

export function plain(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined) return NONE;
  const text = grouped(Math.abs(value), digits);
  return /[1-9]/.test(text) && value < 0 ? `−${text}` : text;
}

/** Thousands apart; what is too long for that as a power of ten. */
function grouped(value: number, digits: number): string {
  if (value >= 1e15) return value.toExponential(digits);
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, " ");
}

export interface Column<T> {
  readonly head: string;
  /** HTML */
  readonly cell: (row: T) => string;
  readonly isText?: true;
}

/** @param caption plain text */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
): string {
  const side = (column: Column<T>) => (column.isText ? ' class="text"' : "");
  const head = columns
    .map((column) => `<th scope="col"${side(column)}>${escaped(column.head)}</th>`)
    .join("");
  const body = rows
    .map((row) => {
      const cells = columns.map((column) => `<td${side(column)}>${column.cell(row)}</td>`);
      return `<tr>${cells.join("")}</tr>`;
    })
    .join("\n");
  return `<div class="scroll"><table>
<caption>${escaped(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table></div>`;
}
