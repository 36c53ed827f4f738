import { Batcher } from "../../../../mixins/actor/batcher.ts";
import { settle } from "./manual-clock.ts";

/** A batcher whose batches the test answers by hand. */
function heldBatcher(options: { readonly lanes: number; readonly maxBatch: number }) {
  const batches: {
    readonly items: readonly number[];
    readonly answer: (outputs?: readonly string[]) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const batcher = new Batcher<number, string>(
    options,
    (items) =>
      new Promise((resolve, reject) => {
        const all = items.map((item) => `done ${item}`);
        batches.push({ items, answer: (outputs = all) => resolve(outputs), fail: reject });
      }),
  );
  return { batcher, batches };
}

describe("a batcher", () => {
  it("sends a lone item at once", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 1, maxBatch: 10 });
    const answer = batcher.add(1);
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.answer();
    await expect(answer).resolves.toBe("done 1");
  });

  it("gathers what comes in while its lanes are busy, in order, up to the largest batch", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 1, maxBatch: 3 });
    const answers = [1, 2, 3, 4, 5].map((item) => batcher.add(item));
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    batches[0]?.answer();
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    batches[1]?.answer();
    await expect(Promise.all(answers)).resolves.toHaveLength(5);
  });

  it("uses all its lanes and no more", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 2, maxBatch: 1 });
    const answers = [1, 2, 3].map((item) => batcher.add(item));
    await settle();
    expect(batches).toHaveLength(2);
    batches[1]?.answer();
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2], [3]]);
    batches[0]?.answer();
    batches[2]?.answer();
    await expect(Promise.all(answers)).resolves.toEqual(["done 1", "done 2", "done 3"]);
  });

  it("takes those woken by one answer into one batch", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 1, maxBatch: 10 });
    const again = [1, 2, 3].map(async (item) => {
      await batcher.add(item);
      return batcher.add(item + 10);
    });
    await settle();
    batches[0]?.answer();
    await settle();
    expect(batches[1]?.items).toEqual([11, 12, 13]);
    batches[1]?.answer();
    await Promise.all(again);
  });

  it("fails the whole of a failed batch and goes on with the next", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 1, maxBatch: 2 });
    const answers = Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    await settle();
    batches[0]?.fail(new Error("no store"));
    await settle();
    batches[1]?.answer();
    const results = await answers;
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });

  it("fails those that a short answer leaves out", async () => {
    const { batcher, batches } = heldBatcher({ lanes: 1, maxBatch: 2 });
    const answers = Promise.allSettled([batcher.add(1), batcher.add(2)]);
    await settle();
    batches[0]?.answer(["done 1"]);
    const results = await answers;
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});
