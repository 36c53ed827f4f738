import type { Metrics } from "../../../mixins/metrics.ts";
import type { NodeContext } from "../../context.ts";

/** What a broker's books and ours may differ in. Closed list; docs/ERRORS.md explains each. */
export type BreakKind =
  | "orderMissing"
  | "orderUnknown"
  | "orderLive"
  | "orderReplaced"
  | "statusUnknown"
  | "fillMissing"
  | "feeNotBooked"
  | "reportRefused"
  | "tradeCorrected"
  | "positionDiffers";

/** One difference that stands. A type alias, so that it is assignable to Json. */
export type BrokerBreak = {
  readonly kind: BreakKind;
  /** of the order, or the symbol */
  readonly id: string;
  readonly facts: Readonly<Record<string, string>>;
};

/** What was on its way has come by then, though two rounds may follow each other at once, as when a line is back. */
const ON_ITS_WAY_MS = 5_000;

type Count = (labels: { readonly venue: string; readonly kind: BreakKind }) => void;

/** One counter a process, however many accounts it follows. */
const COUNTERS = new WeakMap<Metrics, Count>();

function counterOf(metrics: Metrics): Count {
  const known = COUNTERS.get(metrics);
  if (known !== undefined) return known;
  const help = "Differences found between a broker's books and ours";
  const count: Count = metrics.counter("recon_breaks", help);
  COUNTERS.set(metrics, count);
  return count;
}

/** Differences between a broker's books and ours: each is an alarm once, for as long as it stands. */
export class Breaks {
  readonly venue: string;
  readonly #node: NodeContext;
  readonly #count: Count;
  /** since when, epoch ms */
  #before = new Map<string, number>();
  #now = new Map<string, BrokerBreak>();
  readonly #told = new Set<string>();

  constructor(node: NodeContext, venue: string) {
    this.venue = venue;
    this.#node = node;
    this.#count = counterOf(node.metrics);
  }

  note(kind: BreakKind, id: string, facts: Readonly<Record<string, string>> = {}): void {
    const key = `${kind} ${id}`;
    this.#now.set(key, { kind, id, facts });
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const { venue } = this;
    this.#count({ venue, kind });
    this.#node.log.error({ alarm: kind, venue, id, ...facts }, "reconciliation break");
    this.#tell(kind, id);
  }

  /** Whoever looks after risk may want to stop trading; a node without it, or that cannot be reached, has the alarm above. */
  #tell(kind: BreakKind, id: string): void {
    const { venue } = this;
    this.#node.broker.call("alerts.brokerBroke", { venue, kind, id }).catch((err: unknown) => {
      this.#node.log.warn({ err, venue, id }, "nobody could be told of a reconciliation break");
    });
  }

  /** For what may be on its way still: it is a break when a later round finds it unchanged. */
  suspect(kind: BreakKind, id: string, facts: Readonly<Record<string, string>>): void {
    const key = `${kind} ${id} ${JSON.stringify(facts)}`;
    this.#now.set(key, { kind, id, facts });
    const sinceMs = this.#before.get(key);
    if (sinceMs !== undefined && this.#node.clock.now() - sinceMs >= ON_ITS_WAY_MS)
      this.note(kind, id, facts);
  }

  /**
   * What was not found again has ended, and would be an alarm if it came back.
   * @returns what was found in this round, suspicions too
   */
  endRound(): readonly BrokerBreak[] {
    for (const key of this.#told) if (!this.#now.has(key)) this.#told.delete(key);
    const found = new Map([...this.#now.values()].map((one) => [`${one.kind} ${one.id}`, one]));
    const nowMs = this.#node.clock.now();
    this.#before = new Map(
      [...this.#now.keys()].map((key) => [key, this.#before.get(key) ?? nowMs]),
    );
    this.#now = new Map();
    return [...found.values()];
  }
}
