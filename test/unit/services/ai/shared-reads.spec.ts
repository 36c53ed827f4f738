import { SharedReads } from "../../../../services/ai/predictions/shared-reads.ts";

describe("reads that many want at once", () => {
  it("are one for all who came while another was under way, and begin after they had asked", async () => {
    const reads = new SharedReads<number>();
    const gates: PromiseWithResolvers<number>[] = [];
    const load = (): Promise<number> => {
      const gate = Promise.withResolvers<number>();
      gates.push(gate);
      return gate.promise;
    };
    const first = reads.read("a", load);
    const [second, third] = [reads.read("a", load), reads.read("a", load)];
    const other = reads.read("b", load);
    expect(gates).toHaveLength(2);
    gates[0]?.resolve(1);
    gates[1]?.resolve(9);
    expect([await first, await other]).toEqual([1, 9]);
    // Only now has the next begun.
    await Promise.resolve();
    expect(gates).toHaveLength(3);
    gates[2]?.resolve(2);
    expect([await second, await third]).toEqual([2, 2]);
    const fourth = reads.read("a", load);
    gates[3]?.resolve(4);
    expect(await fourth).toBe(4);
  });

  it("that fail do so for those who shared them, and for nobody after", async () => {
    const reads = new SharedReads<number>();
    const fail = () => Promise.reject(new Error("gone"));
    const [first, second] = [reads.read("a", fail), reads.read("a", fail)];
    await expect(first).rejects.toThrow("gone");
    await expect(second).rejects.toThrow("gone");
    expect(await reads.read("a", () => Promise.resolve(5))).toBe(5);
  });
});
