import { setTimeout as sleep } from "node:timers/promises";
import type { NodeProcess } from "../world/node-process.ts";

const LOOK_MS = 100;

/** What stands before gateways: it asks each whether it is ready, and sends requests to those that are. */
export class Balancer {
  readonly #nodes: readonly NodeProcess[];
  readonly #ready = new Set<NodeProcess>();
  readonly #over = new AbortController();

  constructor(nodes: readonly NodeProcess[]) {
    this.#nodes = nodes;
    for (const node of nodes) {
      this.#ready.add(node);
      void this.#watch(node);
    }
  }

  /** All of them when none is ready: then any answer is better than none. */
  urls(): readonly string[] {
    const chosen = this.#ready.size === 0 ? this.#nodes : [...this.#ready];
    return chosen.map(({ url }) => url);
  }

  stop(): void {
    this.#over.abort();
  }

  async #watch(node: NodeProcess): Promise<void> {
    while (!this.#over.signal.aborted) {
      if (await node.isReady()) this.#ready.add(node);
      else this.#ready.delete(node);
      await sleep(LOOK_MS);
    }
  }
}
