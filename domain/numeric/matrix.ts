/** A dense matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** rows × columns numbers: element (i, j) at i·columns + j */
  readonly data: Float64Array;
}

/** Of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

export function identity(size: number): Matrix {
  const matrix = zeros(size, size);
  for (let i = 0; i < size; i += 1) matrix.data[i * size + i] = 1;
  return matrix;
}

/** @throws RangeError when the rows are not of one length */
export function matrixOf(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const matrix = zeros(rows.length, columns);
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns)
      throw new RangeError(`expected rows of ${columns}, found one of ${row.length}`);
    matrix.data.set(row, i * columns);
  }
  return matrix;
}

export function at({ columns, data }: Matrix, row: number, column: number): number {
  return data[row * columns + column] ?? Number.NaN;
}

/** The rows as plain arrays, for answers in JSON. */
export function toRows({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

export function diagonal(matrix: Matrix): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, i) => at(matrix, i, i));
}

export function transpose(matrix: Matrix): Matrix {
  const result = zeros(matrix.columns, matrix.rows);
  for (let i = 0; i < matrix.rows; i += 1)
    for (let j = 0; j < matrix.columns; j += 1) result.data[j * matrix.rows + i] = at(matrix, i, j);
  return result;
}

/** A·B. @throws RangeError when their sizes do not fit */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows)
    throw new RangeError(`expected ${a.columns} rows to multiply with, found ${b.rows}`);
  const result = zeros(a.rows, b.columns);
  for (let i = 0; i < a.rows; i += 1) {
    const row = result.data.subarray(i * b.columns, (i + 1) * b.columns);
    for (let k = 0; k < a.columns; k += 1) {
      const factor = at(a, i, k);
      for (let j = 0; j < b.columns; j += 1) row[j] = (row[j] ?? 0) + factor * at(b, k, j);
    }
  }
  return result;
}

/** A·x. */
export function times(matrix: Matrix, x: ArrayLike<number>): Float64Array {
  if (matrix.columns !== x.length)
    throw new RangeError(`expected a vector of ${matrix.columns}, found one of ${x.length}`);
  const result = new Float64Array(matrix.rows);
  for (let i = 0; i < matrix.rows; i += 1) {
    let sum = 0;
    for (let j = 0; j < x.length; j += 1) sum += at(matrix, i, j) * (x[j] ?? 0);
    result[i] = sum;
  }
  return result;
}

export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length)
    throw new RangeError(`expected vectors of one length, found ${x.length} and ${y.length}`);
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

/** xᵀ·A·x. */
export function quadraticForm(matrix: Matrix, x: ArrayLike<number>): number {
  return dot(x, times(matrix, x));
}
