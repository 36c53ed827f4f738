import { array, assert, constantFrom, property, tuple } from "fast-check";
import { Lru } from "../../../../models/cache/lru.ts";

const MAX = 3;

/** The same by a list, longest unused first. */
class Model {
  entries: [string, number][] = [];

  get(key: string): number | undefined {
    const found = this.entries.find(([known]) => known === key);
    if (found !== undefined) this.set(key, found[1]);
    return found?.[1];
  }

  set(key: string, value: number): void {
    this.delete(key);
    this.entries = [...this.entries, [key, value] as [string, number]].slice(-MAX);
  }

  delete(key: string): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter(([known]) => known !== key);
    return this.entries.length < before;
  }
}

describe("a map that forgets what was longest unused", () => {
  it("holds what a list in order of use would", () => {
    const step = tuple(constantFrom("get", "set", "delete"), constantFrom("a", "b", "c", "d", "e"));
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const [lru, model] = [new Lru<number>(MAX), new Model()];
        steps.forEach(([what, key], i) => {
          if (what === "set") {
            lru.set(key, i);
            model.set(key, i);
          } else expect(lru[what](key)).toEqual(model[what](key));
          expect([...lru.entries()]).toEqual(model.entries);
        });
      }),
    );
  });
});
