/** Whether all of these rows have one label, so that there is nothing to tell apart; true of no rows. */
export function areLabelsAlike(y: Float64Array, rows: Int32Array): boolean {
  const first = y[rows[0] ?? 0];
  return rows.every((row) => y[row] === first);
}
