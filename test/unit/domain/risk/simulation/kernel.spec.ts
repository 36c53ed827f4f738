import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { pairedKernel } from "../../../../../domain/risk/simulation/kernel/paired-kernel.ts";
import { TILE } from "../../../../../domain/risk/simulation/kernel/tile.ts";
import {
  plainKernel,
  tileKernel,
} from "../../../../../domain/risk/simulation/kernel/tile-kernel.ts";

function lowerOf(size: number, random: RandomStream) {
  return matrixOf(
    Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (__, j) => (j <= i ? random.normal() : 0)),
    ),
  );
}

describe("the kernel on pairs of doubles", () => {
  test.each([1, 2, 3, 7, 16, 33, 101])("gives the bits of the plain one for %p assets", (size) => {
    const random = RandomStream.of(size, 0);
    const lower = lowerOf(size, random);
    const weights = Array.from({ length: size }, () => random.normal());
    const paired = pairedKernel(lower, weights);
    const plain = plainKernel(lower, weights);
    if (paired === null) throw new Error("this machine has no pairs of doubles");
    for (let again = 0; again < 2; again += 1) {
      random.fillNormals(plain.z, 0, size * TILE);
      paired.z.set(plain.z);
      plain.run();
      paired.run();
      expect(Buffer.from(paired.x.slice().buffer).equals(Buffer.from(plain.x.buffer))).toBe(true);
      expect(Buffer.from(paired.y.slice().buffer).equals(Buffer.from(plain.y.buffer))).toBe(true);
    }
  });

  test("multiplies as it is done by hand", () => {
    const kernel = tileKernel(
      matrixOf([
        [2, 0],
        [3, 4],
      ]),
      [10, 1],
    );
    kernel.z.fill(1, 0, TILE);
    kernel.z.fill(-1, TILE);
    kernel.run();
    expect([kernel.x[0], kernel.x[TILE], kernel.y[TILE - 1]]).toEqual([2, -1, 19]);
  });
});
