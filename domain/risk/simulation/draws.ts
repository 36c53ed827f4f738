import { chiSquareQuantile } from "../../numeric/chi-square.ts";
import { normalQuantile } from "../../numeric/distributions.ts";
import { RandomStream } from "../../numeric/random.ts";
import { SobolSequence } from "../../numeric/sobol.ts";
import type { Block, SimulationInput } from "./input.ts";
import { TILE } from "./kernel/tile.ts";

/** What the paths of a block are made of, a tile of paths after the other. */
export interface Draws {
  /** Standard normals of the next step, of draw i and path p at i·TILE + p, and a χ² for each path where there is one. */
  draw(normals: Float64Array, chiSquares: Float64Array): void;
}

export interface DrawTerms {
  /** normals a path and step */
  readonly rows: number;
  readonly steps: number;
  readonly nu: number | null;
}

export function drawsOf(input: SimulationInput, block: Block, terms: DrawTerms): Draws {
  const stream = RandomStream.of(input.seed, block.index);
  const plain = plainDraws(input, stream, terms);
  return input.isMatched ? matched(plain, block, terms) : plain;
}

function plainDraws({ sampling }: SimulationInput, stream: RandomStream, terms: DrawTerms): Draws {
  switch (sampling) {
    case "random":
      return independent(stream, terms);
    case "antithetic":
      return antithetic(stream, terms);
    case "sobol":
      return sobol(stream, terms);
  }
}

function independent(stream: RandomStream, { rows, nu }: DrawTerms): Draws {
  return {
    draw: (normals, chiSquares) => {
      stream.fillNormals(normals, 0, rows * TILE);
      if (nu !== null) for (let p = 0; p < TILE; p += 1) chiSquares[p] = stream.chiSquare(nu);
    },
  };
}

/** The second half of a tile mirrors the first, normals with their signs changed and the same χ². */
function antithetic(stream: RandomStream, { rows, nu }: DrawTerms): Draws {
  const half = TILE / 2;
  return {
    draw: (normals, chiSquares) => {
      for (let from = 0; from < rows * TILE; from += TILE) {
        stream.fillNormals(normals, from, from + half);
        for (let p = from; p < from + half; p += 1) normals[p + half] = -(normals[p] ?? 0);
      }
      if (nu === null) return;
      for (let p = 0; p < half; p += 1) {
        const value = stream.chiSquare(nu);
        chiSquares[p] = value;
        chiSquares[p + half] = value;
      }
    },
  };
}

/** One dimension a draw of every step: a tile's points are taken at its first step, and kept for the others. */
function sobol(stream: RandomStream, { rows, steps, nu }: DrawTerms): Draws {
  const perStep = rows + (nu === null ? 0 : 1);
  const sequence = new SobolSequence(perStep * steps, stream);
  const points = Array.from({ length: TILE }, () => new Float64Array(perStep * steps));
  let step = 0;
  return {
    draw: (normals, chiSquares) => {
      if (step === 0) for (const point of points) sequence.next(point);
      const from = step * perStep;
      for (const [p, point] of points.entries()) {
        for (let i = 0; i < rows; i += 1)
          normals[i * TILE + p] = normalQuantile(point[from + i] ?? 0.5);
        if (nu !== null) chiSquares[p] = chiSquareQuantile(point[from + rows] ?? 0.5, nu);
      }
      step = (step + 1) % steps;
    },
  };
}

/** Row by row the block's normals are brought to mean 0 and variance 1, over the paths that count. */
function matched(draws: Draws, block: Block, { rows }: DrawTerms): Draws {
  const tiles = Array.from({ length: Math.ceil(block.paths / TILE) }, () => {
    const normals = new Float64Array(rows * TILE);
    const chiSquares = new Float64Array(TILE);
    draws.draw(normals, chiSquares);
    return { normals, chiSquares };
  });
  const countOf = (tile: number): number => Math.min(TILE, block.paths - tile * TILE);
  for (let from = 0; from < rows * TILE; from += TILE) {
    let [sum, squares] = [0, 0];
    for (const [tile, { normals }] of tiles.entries())
      for (let p = from; p < from + countOf(tile); p += 1) {
        const value = normals[p] ?? 0;
        sum += value;
        squares += value * value;
      }
    const mean = sum / block.paths;
    const deviation = Math.sqrt(squares / block.paths - mean * mean);
    // A lone path has no variance to match.
    const scale = deviation > 0 ? 1 / deviation : 1;
    for (const { normals } of tiles)
      for (let p = from; p < from + TILE; p += 1) normals[p] = ((normals[p] ?? 0) - mean) * scale;
  }
  let next = 0;
  return {
    draw: (normals, chiSquares) => {
      const tile = tiles[next];
      next += 1;
      if (tile === undefined) throw new Error("expected as many tiles as the block has");
      normals.set(tile.normals);
      chiSquares.set(tile.chiSquares);
    },
  };
}
