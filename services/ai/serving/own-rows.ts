import type { Sample } from "../../../domain/ai/learning/sample.ts";
import { zeros } from "../../../domain/numeric/matrix.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";

/**
 * Rows of a client's own as a sample: nothing is known of them but their features.
 * @throws RestError 422 naming the first row of another width
 */
export function ownRows(
  rows: readonly (readonly (number | null)[])[],
  features: readonly string[],
): Sample {
  const x = zeros(rows.length, features.length);
  for (const [i, row] of rows.entries()) {
    if (row.length !== features.length) throw wrongWidth(i, row.length, features);
    for (const [j, value] of row.entries()) x.data[i * x.columns + j] = value ?? Number.NaN;
  }
  const unknown = () => new Float64Array(rows.length).fill(Number.NaN);
  return {
    x,
    // Each row is a symbol of its own: none comes before another.
    symbol: Int32Array.from(rows, (_, i) => i),
    closeMs: unknown(),
    logReturn: unknown(),
    variance: unknown(),
  };
}

function wrongWidth(row: number, found: number, features: readonly string[]) {
  const message = `must have ${features.length} values (${features.slice(0, 50).join(", ")}), found ${found}`;
  return unprocessable([{ path: `rows[${row}]`, code: "INVALID_VALUE", message }]);
}
