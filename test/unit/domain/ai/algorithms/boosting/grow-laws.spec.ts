import { binned } from "../../../../../../domain/ai/algorithms/boosting/binned.ts";
import { Forest } from "../../../../../../domain/ai/algorithms/boosting/forest.ts";
import { Grower } from "../../../../../../domain/ai/algorithms/boosting/grow.ts";
import { packed } from "../../../../../../domain/ai/algorithms/boosting/packed.ts";
import { termsOf } from "../../../../../../domain/ai/algorithms/boosting/terms.ts";
import { boosting } from "../../../../../../domain/ai/algorithms/boosting/boosting.ts";
import { readParameters } from "../../../../../../domain/ai/learning/read-parameters.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";
import type { Json } from "../../../../../../domain/shared/json.ts";
import { rowsOf, RUN } from "../samples.ts";

const [ROWS, COLUMNS, BINS] = [20_000, 6, 32];

function data(): Float64Array {
  const random = RandomStream.of(9, 0);
  const values = random.fillNormals(new Float64Array(ROWS * COLUMNS));
  return values.map((value) => (random.uniform() < 0.1 ? Number.NaN : Math.round(10 * value) / 10));
}

function grown(given: { readonly [name: string]: Json }, columns: Int32Array) {
  const read = readParameters(boosting.parameters, { bins: BINS, learningRate: 1, ...given });
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const terms = termsOf(read.parameters);
  const x = { rows: ROWS, columns: COLUMNS, data: data() };
  const random = RandomStream.of(9, 1);
  const rows = rowsOf(0, ROWS).filter(() => random.uniform() < 0.8);
  const bins = binned(x, rowsOf(0, ROWS), ROWS, BINS, RUN);
  const pairs = new Float64Array(2 * rows.length);
  for (let k = 0; k < rows.length; k += 1) {
    const [a = 0, b = 0] = x.data.subarray((rows[k] ?? 0) * COLUMNS);
    pairs[2 * k] = (Number.isNaN(a) ? 1 : a) * (Number.isNaN(b) ? -1 : b) + random.normal();
    pairs[2 * k + 1] = 1;
  }
  const grower = new Grower({ binned: bins, terms, stride: BINS + 1 }, COLUMNS, RUN);
  return { x, rows, pairs, terms, found: grower.grow(packed(bins, columns, rows, ROWS), pairs) };
}

describe("a grown tree", () => {
  it.each<[string, { readonly [name: string]: Json }, readonly number[]]>([
    ["deep", { depth: 9 }, [0, 1, 2, 3, 4, 5]],
    ["shallow", { depth: 3 }, [0, 1, 2, 3, 4, 5]],
    ["of some columns", { depth: 8 }, [0, 1, 5]],
    ["of large leaves", { depth: 8, minRows: 300 }, [0, 1, 2, 3, 4, 5]],
  ])("that is %s says to each row what its leaf does", (_, given, columns) => {
    const { x, rows, pairs, terms, found } = grown(given, Int32Array.from(columns));
    const said = new Float64Array(rows.length);
    new Forest([found.tree], COLUMNS).addTo(said, x.data, rows);
    expect([...found.rows].toSorted((a, b) => a - b)).toEqual([...rowsOf(0, rows.length)]);
    let next = 0;
    for (const { from, to, value } of found.leaves) {
      expect(from).toBe(next);
      next = to;
      let [gradient, hessian] = [0, 0];
      for (const row of found.rows.subarray(from, to)) {
        expect(said[row]).toBe(value);
        gradient += pairs[2 * row] ?? 0;
        hessian += pairs[2 * row + 1] ?? 0;
      }
      expect(value).toBeCloseTo(-gradient / (hessian + terms.lambda), 8);
      expect(to - from).toBeGreaterThanOrEqual(terms.minRows);
    }
    expect(next).toBe(rows.length);
    expect(found.leaves.length).toBeGreaterThan(4);
  });
});
