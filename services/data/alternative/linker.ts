import { SymbolLinker } from "../../../domain/alternative/link-symbols.ts";
import type { NamedInstrument } from "../../../domain/alternative/link-symbols.ts";
import type { AlternativeStore } from "../../../models/alternative-data.ts";
import { listInstruments } from "../../../models/instruments.ts";
import type { NodeContext } from "../../context.ts";

const PAGE = 1_000;
/** Instruments and names change seldom, and are put on any node. */
const KEPT_MS = 30_000;

/** Ties texts to the instruments of the installation, by names that are at most half a minute old. */
export class Linker {
  readonly #node: Pick<NodeContext, "pool" | "clock">;
  readonly #store: AlternativeStore;
  #held: { readonly linker: Promise<SymbolLinker>; readonly atMs: number } | null = null;

  constructor(node: Pick<NodeContext, "pool" | "clock">, store: AlternativeStore) {
    this.#node = node;
    this.#store = store;
  }

  /** What is to be tied after names were changed here. */
  forget(): void {
    this.#held = null;
  }

  async symbolsOf(text: string): Promise<readonly string[]> {
    const linker = await this.#linker();
    return linker.link(text).map(({ symbol }) => symbol);
  }

  #linker(): Promise<SymbolLinker> {
    const nowMs = this.#node.clock.monotonicMs();
    const held = this.#held;
    if (held !== null && nowMs - held.atMs < KEPT_MS) return held.linker;
    const linker = this.#load();
    this.#held = { linker, atMs: nowMs };
    linker.catch(() => this.forget());
    return linker;
  }

  async #load(): Promise<SymbolLinker> {
    const aliases = await this.#store.allAliases();
    const named: NamedInstrument[] = [];
    for (let after: string | null = ""; after !== null;) {
      const page = await listInstruments(this.#node.pool, { after, limit: PAGE });
      for (const { symbol, name } of page.data)
        named.push({ symbol, name, aliases: aliases.get(symbol) ?? [] });
      after = page.next;
    }
    return new SymbolLinker(named);
  }
}
