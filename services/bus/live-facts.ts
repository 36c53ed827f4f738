import type { NatsConnection } from "nats";
import type { StreamMessage } from "../../mixins/rest/stream-channels.ts";
import type { Clock, Timer } from "../../mixins/clock.ts";
import type { BusNames } from "./event-message.ts";
import type { LiveFeed } from "../live-feed.ts";
import type { Logger } from "../logging.ts";
import type { NatsLink } from "./nats-link.ts";

const FLUSH_MS = 5;
const BATCH = 500;
/** As many may wait for a network that is slow; then only the last quote of each symbol does. */
const WAITING_MAX = 2_000;

interface FactPorts {
  readonly names: BusNames;
  readonly link: NatsLink;
  readonly live: LiveFeed;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Facts that are no events (bars, quotes, signals) on their way to the other nodes: in batches, one on its way at a time, never
 * durable. While the network is slow, quotes give way to newer ones; while NATS is away only this node's own listeners hear.
 */
export class LiveFacts {
  readonly #ports: FactPorts;
  #waiting: StreamMessage[] = [];
  #timer: Timer | null = null;
  #isSending = false;

  constructor(ports: FactPorts) {
    this.#ports = ports;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  up(connection: NatsConnection): void {
    const { names, live, log } = this.#ports;
    connection.subscribe(names.facts, {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          // sound: nobody but a node of ours may publish here
          for (const fact of message.json<readonly StreamMessage[]>()) live.hear(fact);
        } catch (err) {
          log.error({ err }, "a message is no batch of facts");
        }
      },
    });
  }

  /** Its own listeners have heard it: the others will. */
  tell(message: StreamMessage): void {
    if (!this.#ports.link.isUp) return;
    this.#waiting.push(message);
    if (this.#waiting.length > WAITING_MAX) this.#waiting = conflate(this.#waiting);
    this.#plan();
  }

  #plan(): void {
    if (this.#timer !== null || this.#isSending || this.#waiting.length === 0) return;
    this.#timer = this.#ports.clock.setTimer(FLUSH_MS, () => {
      this.#timer = null;
      void this.#send();
    });
  }

  /** The next batch goes when the server has had this one: what is slow is not piled up in the socket. */
  async #send(): Promise<void> {
    const { link, names } = this.#ports;
    this.#isSending = true;
    try {
      const { connection } = link;
      const batch = this.#waiting.splice(0, BATCH);
      for (const [kind, facts] of Map.groupBy(batch, kindOf))
        connection.publish(names.factsOf(kind), JSON.stringify(facts));
      await link.whileUp(connection.flush());
    } catch {
      // NATS is away: what others should have heard of is in the past when it returns.
      this.#waiting = [];
    }
    this.#isSending = false;
    this.#plan();
  }
}

/** `quotes:SPX` → `quotes` */
function kindOf({ channel }: StreamMessage): string {
  return channel.split(":", 1)[0] ?? channel;
}

/** Keeps the last quote of each symbol; of all else, each by itself a fact, the newest. */
export function conflate(messages: readonly StreamMessage[]): StreamMessage[] {
  const last = new Map<string, StreamMessage>();
  for (const message of messages) last.set(message.channel, message);
  const kept = messages.filter(
    (message) => kindOf(message) !== "quotes" || last.get(message.channel) === message,
  );
  return kept.slice(-WAITING_MAX);
}
