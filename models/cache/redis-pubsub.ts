import type { Redis } from "ioredis";
import type { Json } from "../../domain/shared/json.ts";
import { Listeners } from "./listeners.ts";
import type { Listener, PubSub, Subscription } from "./ports.ts";
import { asked, literal } from "./redis-words.ts";

/**
 * A connection that subscribes can do nothing else, so there are two. ioredis subscribes again by itself after a
 * reconnect; what was published in between is lost, as the port says.
 */
export class RedisPubSub implements PubSub {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #prefix: string;
  readonly #channels: Listeners;
  readonly #patterns: Listeners;

  constructor(
    publisher: Redis,
    subscriber: Redis,
    prefix: string,
    onError: (error: Error) => void,
  ) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#prefix = prefix;
    this.#channels = new Listeners(onError);
    this.#patterns = new Listeners(onError);
    subscriber.on("message", (name, text) => this.#onMessage(name, text));
    subscriber.on("pmessage", (pattern, name, text) => this.#onPatternMessage(pattern, name, text));
  }

  async publish(channel: string, message: Json): Promise<void> {
    const text = JSON.stringify(message);
    await asked("publish", this.#publisher.publish(this.#prefix + channel, text));
  }

  async subscribe(channel: string, listener: Listener): Promise<Subscription> {
    const name = this.#prefix + channel;
    const end = this.#channels.add(name, listener);
    return this.#established("subscribe", this.#subscriber.subscribe(name), {
      end,
      tellRedis: () => this.#subscriber.unsubscribe(name),
    });
  }

  async subscribePrefix(prefix: string, listener: Listener): Promise<Subscription> {
    const pattern = `${literal(this.#prefix + prefix)}*`;
    const end = this.#patterns.add(pattern, listener);
    return this.#established("subscribePrefix", this.#subscriber.psubscribe(pattern), {
      end,
      tellRedis: () => this.#subscriber.punsubscribe(pattern),
    });
  }

  end(): void {
    this.#channels.clear();
    this.#patterns.clear();
  }

  async #established(
    operation: string,
    reply: Promise<unknown>,
    { end, tellRedis }: { end: () => boolean; tellRedis: () => Promise<unknown> },
  ): Promise<Subscription> {
    const unsubscribe = async (): Promise<void> => {
      // When Redis cannot be told now, it is told at the next message that nobody wants.
      if (end()) await tellRedis().catch(() => {});
    };
    try {
      await asked(operation, reply);
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return { unsubscribe };
  }

  #onMessage(name: string, text: string): void {
    if (!this.#channels.has(name)) this.#subscriber.unsubscribe(name).catch(() => {});
    this.#channels.tell(name, name.slice(this.#prefix.length), text);
  }

  #onPatternMessage(pattern: string, name: string, text: string): void {
    if (!this.#patterns.has(pattern)) this.#subscriber.punsubscribe(pattern).catch(() => {});
    this.#patterns.tell(pattern, name.slice(this.#prefix.length), text);
  }
}
