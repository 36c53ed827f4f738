import type { NodeContext } from "../../context.ts";
import { VENUE } from "./alpaca-reports.ts";

/** What the broker's books and ours may differ in. Closed list; docs/ERRORS.md explains each. */
export type BreakKind =
  | "orderMissing"
  | "orderUnknown"
  | "orderLive"
  | "orderReplaced"
  | "statusUnknown"
  | "fillMissing"
  | "reportRefused"
  | "tradeCorrected"
  | "positionDiffers";

/** Differences between the broker's books and ours: each is an alarm once, for as long as it stands. */
export class Breaks {
  readonly #node: NodeContext;
  readonly #count: (labels: { readonly venue: string; readonly kind: BreakKind }) => void;
  #before = new Set<string>();
  #now = new Set<string>();
  readonly #told = new Set<string>();

  constructor(node: NodeContext) {
    this.#node = node;
    this.#count = node.metrics.counter(
      "recon_breaks",
      "Differences found between a broker's books and ours",
    );
  }

  note(kind: BreakKind, id: string, facts: Readonly<Record<string, string>> = {}): void {
    const key = `${kind} ${id}`;
    this.#now.add(key);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#count({ venue: VENUE, kind });
    this.#node.log.error({ alarm: kind, venue: VENUE, id, ...facts }, "reconciliation break");
  }

  /** For what may be on its way still: it is a break when the next round finds it unchanged. */
  suspect(kind: BreakKind, id: string, facts: Readonly<Record<string, string>>): void {
    const key = `${kind} ${id} ${JSON.stringify(facts)}`;
    this.#now.add(key);
    if (this.#before.has(key)) this.note(kind, id, facts);
  }

  /** What was not found again has ended, and would be an alarm if it came back. */
  endRound(): void {
    for (const key of this.#told) if (!this.#now.has(key)) this.#told.delete(key);
    this.#before = this.#now;
    this.#now = new Set();
  }
}
