import type { NatsConnection } from "nats";
import type { Clock, Timer } from "../../mixins/clock.ts";
import {
  feedHorizon,
  readGaps,
  readWindow,
  relayedHorizon,
} from "../../models/journal/event-feed.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import type { LiveFeed } from "../live-feed.ts";
import type { Logger } from "../logging.ts";
import { decodeEvent, isAgain, streamIdOf } from "./event-message.ts";
import type { ReceivedEvent } from "./event-message.ts";
import { Seen } from "./seen.ts";
import { fillGaps, sift } from "./sift.ts";

const PAGE = 1_000;
const SEEN_STREAMS = 100_000;
const INBOX_MAX = 20_000;
const RETRY_MS = 250;
/** While NATS is away: how often the event table is looked at instead. */
const POLL_MS = 500;
const LOOK_MS = 10_000;

interface LivePorts {
  readonly live: LiveFeed;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tells the listeners of this node of every event, once, whichever node relays it. Events come from this node's own relay and
 * over NATS; while NATS is away, and for what may have been missed when it is back, they are read from the event table.
 */
export class LiveEvents {
  readonly #ports: LivePorts;
  readonly #subject: string;
  #inbox: ReceivedEvent[] = [];
  #mustCatchUp = false;
  #isRunning = false;
  #isStopped = false;
  #isLinked = false;
  #seen = new Seen(SEEN_STREAMS, "0");
  /** everything of older transactions is told */
  #safeTx = "0";
  /** the same, if what was relayed by then has arrived by the next look */
  #safeSoonTx: string | null = null;
  #timer: Timer | null = null;

  constructor(subject: string, ports: LivePorts) {
    this.#subject = subject;
    this.#ports = ports;
  }

  /** From now on: what was committed before is nobody's news. */
  async start(): Promise<void> {
    this.#safeTx = await feedHorizon(this.#ports.pool);
    this.#seen = new Seen(SEEN_STREAMS, this.#safeTx);
    this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Subscribes; what was published until the server knows of it is caught up with. */
  async up(connection: NatsConnection): Promise<void> {
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null && !isAgain(message)) this.#receive(message.data);
      },
    });
    await connection.flush();
    if (connection.isClosed()) return;
    this.#isLinked = true;
    this.#safeSoonTx = null;
    this.#catchUp();
  }

  down(): void {
    this.#isLinked = false;
    this.#safeSoonTx = null;
    this.#look();
  }

  /** Committed events in version order of each stream, known or not. */
  offer(events: readonly ReceivedEvent[]): void {
    // Whatever is offered is in the event table by then.
    if (this.#inbox.length + events.length > INBOX_MAX) return this.#catchUp();
    this.#inbox.push(...events);
    this.#wake();
  }

  #receive(data: Uint8Array): void {
    try {
      this.offer([decodeEvent(data)]);
    } catch (err) {
      this.#ports.log.error({ err }, "a message is no event of ours");
    }
  }

  #catchUp(): void {
    this.#inbox = [];
    this.#mustCatchUp = true;
    this.#wake();
  }

  #wake(): void {
    if (!this.#isRunning && !this.#isStopped) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while ((this.#mustCatchUp || this.#inbox.length > 0) && !this.#isStopped) {
      try {
        await this.#step();
      } catch (err) {
        this.#ports.log.warn({ err }, "events could not be told to streams");
        this.#mustCatchUp = true;
        await this.#ports.clock.sleep(RETRY_MS);
      }
    }
    this.#isRunning = false;
  }

  async #step(): Promise<void> {
    if (!this.#mustCatchUp) return this.#tell(this.#inbox.splice(0, PAGE));
    this.#mustCatchUp = false;
    const until = await feedHorizon(this.#ports.pool);
    if (this.#ports.live.isHeard) await this.#tellWindow(until);
    // Nobody was there to miss anything.
    else this.#seen = new Seen(SEEN_STREAMS, until);
    this.#safeTx = until;
  }

  async #tellWindow(until: string): Promise<void> {
    let after = { tx: this.#safeTx, pos: "0" };
    for (;;) {
      const events = await readWindow(this.#ports.pool, after, until, PAGE);
      await this.#tell(events);
      const last = events.at(-1);
      if (last === undefined || events.length < PAGE) return;
      after = last;
    }
  }

  async #tell(events: readonly ReceivedEvent[]): Promise<void> {
    const { live, pool } = this.#ports;
    const { fresh, gaps, positions } = sift(events, (id, event) =>
      this.#seen.positionOf(id, event),
    );
    if (live.isHeard)
      await live.put(fillGaps(fresh, await readGaps(pool, gaps, this.#seen.floorTx)));
    for (const { ref, version, tx } of events) {
      const streamId = streamIdOf(ref);
      if (positions.get(streamId) === version) this.#seen.mark(streamId, version, tx);
    }
  }

  /** Now and then: how far back a loss of the link would have to be made good; without a link, what there is to tell. */
  #look(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#timer = this.#ports.clock.setTimer(this.#isLinked ? LOOK_MS : POLL_MS, () => {
      if (this.#isLinked) void this.#advance();
      else this.#catchUp();
      this.#look();
    });
  }

  async #advance(): Promise<void> {
    const before = this.#safeSoonTx;
    try {
      const horizon = await relayedHorizon(this.#ports.pool);
      // The link may have been lost and made anew in the meantime.
      if (!this.#isLinked || this.#safeSoonTx !== before) return;
      if (before !== null && BigInt(before) > BigInt(this.#safeTx)) this.#safeTx = before;
      this.#safeSoonTx = horizon;
    } catch {
      // It stays as far back as it is.
    }
  }
}
