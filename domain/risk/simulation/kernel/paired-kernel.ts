import type { Matrix } from "../../../numeric/matrix.ts";
import {
  add,
  addPairs,
  type Code,
  constant,
  get,
  isBelow,
  load,
  loadSplat,
  moduleOf,
  repeatWhile,
  set,
  store,
  timesPairs,
  ZERO,
} from "./assembler.ts";
import { even, pack, ROWS, TILE, type TileKernel } from "./tile.ts";

/** Paths of the innermost loop: with two rows that is eight sums of two doubles, which is what the registers hold. */
const PATHS = 8;
const LANES = PATHS / 2;
const BYTES = 8;
const ROW_BYTES = TILE * BYTES;
const PAGE = 65_536;

/** Null where the processor has no pairs of doubles. */
export function pairedKernel(lower: Matrix, weights: ArrayLike<number>): TileKernel | null {
  if (compiled === null) return null;
  const packed = pack(lower);
  const size = even(lower.rows);
  const lengths = [packed.length, size, size * TILE, size * TILE, TILE];
  const bytes = lengths.reduce((sum, length) => sum + length * BYTES, 0);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  let offset = 0;
  const [packedAt, weightsAt, z, x, y] = lengths.map((length) => {
    const array = new Float64Array(memory.buffer, offset, length);
    offset += length * BYTES;
    return array;
  });
  if (!packedAt || !weightsAt || !z || !x || !y) throw new Error("expected five arrays");
  packedAt.set(packed);
  weightsAt.set(Float64Array.from(weights));
  // sound: the module below exports it, with these parameters
  const tile = new WebAssembly.Instance(compiled, { env: { memory } }).exports["tile"] as (
    ...addresses: readonly number[]
  ) => void;
  const end = x.byteOffset + x.byteLength;
  const run = (): void => {
    y.fill(0);
    tile(z.byteOffset, packedAt.byteOffset, weightsAt.byteOffset, x.byteOffset, y.byteOffset, end);
  };
  return { z, x, y, run };
}

/* The locals of the function: addresses in bytes. */
const Z = 0;
const LOWER = 1;
const WEIGHTS = 2;
const X = 3;
const Y = 4;
const X_END = 5;
const PATH = 6;
const Z_AT = 7;
const L_AT = 8;
const L_END = 9;
/** bytes of the columns that two rows have */
const COLUMNS = 10;
const SUMS = 11;
const Z_PAIR = SUMS + ROWS * LANES;
const FACTOR = Z_PAIR + 1;

const sum = (row: number, lane: number): number => SUMS + row * LANES + lane;
const each = (count: number, code: (i: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => code(i)).flat();
const advance = (local: number, bytes: number): Code =>
  set(local, add(get(local), constant(bytes)));

const ADD_COLUMN: Code = [
  ...each(ROWS, (row) => set(FACTOR + row, loadSplat(get(L_AT), row * BYTES))),
  ...each(LANES, (lane) => [
    ...set(Z_PAIR, load(get(Z_AT), lane * 2 * BYTES)),
    ...each(ROWS, (row) =>
      set(
        sum(row, lane),
        addPairs(get(sum(row, lane)), timesPairs(get(Z_PAIR), get(FACTOR + row))),
      ),
    ),
  ]),
  ...advance(Z_AT, ROW_BYTES),
  ...advance(L_AT, ROWS * BYTES),
];

const KEEP: Code = [
  ...each(ROWS, (row) => set(FACTOR + row, loadSplat(get(WEIGHTS), row * BYTES))),
  ...each(LANES, (lane) => [
    ...each(ROWS, (row) =>
      store(add(get(X), get(PATH)), row * ROW_BYTES + lane * 2 * BYTES, get(sum(row, lane))),
    ),
    ...set(Z_PAIR, load(add(get(Y), get(PATH)), lane * 2 * BYTES)),
    ...each(ROWS, (row) =>
      set(Z_PAIR, addPairs(get(Z_PAIR), timesPairs(get(FACTOR + row), get(sum(row, lane))))),
    ),
    ...store(add(get(Y), get(PATH)), lane * 2 * BYTES, get(Z_PAIR)),
  ]),
];

const EIGHT_PATHS: Code = [
  ...each(ROWS * LANES, (i) => set(SUMS + i, ZERO)),
  ...set(Z_AT, add(get(Z), get(PATH))),
  ...set(L_AT, get(LOWER)),
  ...repeatWhile(ADD_COLUMN, isBelow(get(L_AT), get(L_END))),
  ...KEEP,
  ...advance(PATH, PATHS * BYTES),
];

/** The next two rows go two columns further than the last. */
const TWO_ROWS: Code = [
  ...advance(COLUMNS, 2 * ROWS * BYTES),
  ...set(L_END, add(get(LOWER), get(COLUMNS))),
  ...set(PATH, constant(0)),
  ...repeatWhile(EIGHT_PATHS, isBelow(get(PATH), constant(ROW_BYTES))),
  ...set(LOWER, get(L_END)),
  ...advance(WEIGHTS, ROWS * BYTES),
  ...advance(X, ROWS * ROW_BYTES),
];

const MODULE = moduleOf({
  name: "tile",
  parameters: 6,
  wholes: 5,
  pairs: ROWS * LANES + 1 + ROWS,
  body: repeatWhile(TWO_ROWS, isBelow(get(X), get(X_END))),
});

const compiled = WebAssembly.validate(MODULE) ? new WebAssembly.Module(MODULE) : null;
