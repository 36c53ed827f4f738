import type { EventBus } from "../../mixins/actor/ports.ts";

/** Brings committed events, and facts that are no events, to whoever listens: on this node and on the others. */
export interface Distribution extends EventBus {
  /** null where nothing can be lost: inside one process */
  readonly link: BusLink | null;
  start(): Promise<void>;
  /** Ends consumers and connection. What was published before has been taken, or will be published again. */
  stop(): Promise<void>;
}

export interface BusLink {
  /** whether the other nodes hear of this one now */
  state(): { readonly ok: boolean; readonly detail?: string };
  /**
   * Deletes the stream and fills it again from the event table. Safe while the installation works: consumers ignore what
   * they have seen, relays go on.
   * @param sinceMs of the first events to publish; absent: all of them
   * @throws BusAway when NATS is not there, BusBusy while the same is under way
   */
  republish(sinceMs?: number): Promise<RepublishReport>;
}

export interface RepublishReport {
  readonly stream: string;
  readonly events: number;
  readonly tookMs: number;
}

/** NATS is not there: what was to be published waits in the outbox. */
export class BusAway extends Error {
  constructor() {
    super("NATS is away");
    this.name = "BusAway";
  }
}

/** Another republication is under way. */
export class BusBusy extends Error {
  constructor() {
    super("events are being republished already");
    this.name = "BusBusy";
  }
}
