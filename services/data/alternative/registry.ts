import type { NodeContext } from "../../context.ts";
import { PUBLIC } from "../../../models/alternative-data.ts";
import { definitionsOf } from "./definitions.ts";
import type { AlternativeDefinition, AlternativeSource } from "./source.ts";

export interface OpenedSource {
  readonly definition: AlternativeDefinition;
  readonly source: AlternativeSource;
}

/** The sources that a node can ask or is pushed to by. What comes from them is everybody's; all others are a tenant's own. */
export class AlternativeRegistry {
  readonly #opened: ReadonlyMap<string, OpenedSource>;
  readonly #webhooks: ReadonlyMap<string, string>;

  constructor(node: Pick<NodeContext, "config" | "clock" | "dependencies">) {
    this.#webhooks = node.config.alternative.webhooks;
    this.#opened = new Map(
      definitionsOf(node.config).map((definition) => [
        definition.sourceId,
        { definition, source: definition.open(node) },
      ]),
    );
  }

  all(): readonly OpenedSource[] {
    return [...this.#opened.values()];
  }

  /** Names of sources that push. */
  get webhooks(): readonly string[] {
    return [...this.#webhooks.keys()];
  }

  find(sourceId: string): OpenedSource | null {
    return this.#opened.get(sourceId) ?? null;
  }

  secretOf(sourceId: string): string | null {
    return this.#webhooks.get(sourceId) ?? null;
  }

  isPublic(sourceId: string): boolean {
    return this.#opened.has(sourceId) || this.#webhooks.has(sourceId);
  }

  /** Under which tenant the documents of a source are that a user may see. */
  tenantOf(sourceId: string, tenantId: string): string {
    return this.isPublic(sourceId) ? PUBLIC : tenantId;
  }
}
