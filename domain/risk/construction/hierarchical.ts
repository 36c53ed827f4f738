import { at, type Matrix, zeros } from "../../numeric/matrix.ts";
import { correlationOf, symmetricOf } from "../../numeric/symmetric.ts";

/**
 * Hierarchical risk parity (López de Prado, J. Portfolio Management 42/4 (2016) 59): names that move together are brought side by
 * side by single linkage, and weight is divided between halves of that order by their variances, from the whole downwards.
 * The covariance need not be invertible.
 * @returns weights that add up to 1, none negative; null where a name does not vary
 */
export function hierarchicalRiskParity(
  covariance: Matrix,
): { readonly weights: Float64Array; readonly order: readonly number[] } | null {
  for (let i = 0; i < covariance.rows; i += 1) if (!(at(covariance, i, i) > 0)) return null;
  const order = orderOf(linkage(distances(correlationOf(covariance))), covariance.rows);
  return { weights: bisected(covariance, order), order };
}

/** Between columns of √((1 − ρ)/2): how differently two names stand to all. */
function distances(correlation: Matrix): Matrix {
  const { rows: size } = correlation;
  const near = zeros(size, size);
  for (const [k, value] of correlation.data.entries())
    near.data[k] = Math.sqrt(Math.max(0, (1 - value) / 2));
  const row = (i: number) => near.data.subarray(i * size, (i + 1) * size);
  return symmetricOf(size, (i, j) => {
    const [x, y] = [row(i), row(j)];
    let sum = 0;
    for (let k = 0; k < size; k += 1) sum += ((x[k] ?? 0) - (y[k] ?? 0)) ** 2;
    return Math.sqrt(sum);
  });
}

interface Edge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Single linkage joins along the shortest spanning tree (Gower & Ross 1969; by Prim), shortest edge first. */
function linkage(distance: Matrix): readonly Edge[] {
  const { rows: size } = distance;
  const nearest = new Float64Array(size).fill(Infinity);
  const from = new Int32Array(size);
  const isIn = new Uint8Array(size);
  const edges: Edge[] = [];
  let last = 0;
  isIn[0] = 1;
  for (let count = 1; count < size; count += 1) {
    let next = -1;
    for (let i = 0; i < size; i += 1) {
      if (isIn[i] === 1) continue;
      if (at(distance, last, i) < (nearest[i] ?? 0)) {
        nearest[i] = at(distance, last, i);
        from[i] = last;
      }
      if (next === -1 || (nearest[i] ?? 0) < (nearest[next] ?? 0)) next = i;
    }
    edges.push({ a: from[next] ?? 0, b: next, distance: nearest[next] ?? 0 });
    isIn[next] = 1;
    last = next;
  }
  return edges.toSorted((x, y) => x.distance - y.distance);
}

interface Cluster {
  /** single names by their index, clusters after them as they come to be */
  readonly id: number;
  readonly members: readonly number[];
}

/** The leaves of the tree: of two clusters that join, the one that is older stands first. */
function orderOf(edges: readonly Edge[], size: number): readonly number[] {
  const clusters: Cluster[] = Array.from({ length: size }, (_, id) => ({ id, members: [id] }));
  let whole: Cluster = { id: 0, members: clusters.length === 1 ? [0] : [] };
  for (const [k, { a, b }] of edges.entries()) {
    const [x, y] = [clusters[a], clusters[b]];
    if (x === undefined || y === undefined) throw new RangeError(`expected names ${a} and ${b}`);
    const members = x.id < y.id ? [...x.members, ...y.members] : [...y.members, ...x.members];
    whole = { id: size + k, members };
    for (const member of members) clusters[member] = whole;
  }
  return whole.members;
}

function bisected(covariance: Matrix, order: readonly number[]): Float64Array {
  const weights = new Float64Array(covariance.rows).fill(1);
  const split = (members: readonly number[]): void => {
    if (members.length < 2) return;
    const middle = Math.floor(members.length / 2);
    const [left, right] = [members.slice(0, middle), members.slice(middle)];
    const [first, second] = [clusterVariance(covariance, left), clusterVariance(covariance, right)];
    const share = first + second > 0 ? second / (first + second) : 0.5;
    for (const i of left) weights[i] = (weights[i] ?? 0) * share;
    for (const i of right) weights[i] = (weights[i] ?? 0) * (1 - share);
    split(left);
    split(right);
  };
  split(order);
  return weights;
}

/** Of the members held in proportion to 1/variance. */
function clusterVariance(covariance: Matrix, members: readonly number[]): number {
  const parts = members.map((i) => 1 / at(covariance, i, i));
  const total = parts.reduce((sum, part) => sum + part, 0);
  let variance = 0;
  for (const [k, i] of members.entries())
    for (const [l, j] of members.entries())
      variance += ((parts[k] ?? 0) / total) * ((parts[l] ?? 0) / total) * at(covariance, i, j);
  return Math.max(0, variance);
}
