import { headers } from "nats";
import type { MsgHdrs } from "nats";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";

/** An event that was too large for NATS: its receiver reads it from the event table. */
export type EventStub = Pick<OutboxEvent, "ref" | "shard" | "version" | "tx" | "pos"> & {
  readonly event: null;
};
export type ReceivedEvent = OutboxEvent | EventStub;

/** Marks what is published again long after its time: it is nothing for those who want to hear of the present. */
const AGAIN = "Qa-Again";

/** What this installation calls things in NATS. */
export function busNames(namespace: string) {
  return {
    stream: `${namespace.toUpperCase()}_EVENTS`,
    /** of every event */
    events: `${namespace}.evt.*.*`,
    eventsOf: (type: string) => `${namespace}.evt.${type}.*`,
    event: ({ ref, shard }: OutboxEvent) => `${namespace}.evt.${ref.type}.${shard}`,
    /** of facts that are not durable, by kind */
    facts: `${namespace}.live.*`,
    factsOf: (kind: string) => `${namespace}.live.${kind}`,
  };
}
export type BusNames = ReturnType<typeof busNames>;

export function streamIdOf({ type, id }: ActorRef): string {
  return `${type}:${id}`;
}

/** JetStream drops a second message of one id within its window. */
export function messageId({ ref, version }: OutboxEvent): string {
  return `${streamIdOf(ref)}:${version}`;
}

export function encodeEvent(event: OutboxEvent, maxBytes: number): Buffer {
  // What happened may stand behind a getter, which JSON.stringify passes by.
  const whole = Buffer.from(JSON.stringify({ ...event, event: event.event }));
  if (whole.length <= maxBytes) return whole;
  const { ref, shard, version, tx, pos } = event;
  return Buffer.from(JSON.stringify({ ref, shard, version, tx, pos, event: null }));
}

/** @throws Error when it is not an event of ours */
export function decodeEvent(data: Uint8Array): ReceivedEvent {
  const value: unknown = JSON.parse(Buffer.from(data).toString("utf8"));
  if (!isEvent(value)) throw new Error("a message on the bus is not an event");
  return value;
}

function isEvent(value: unknown): value is ReceivedEvent {
  // sound: read before anything is believed
  const { ref, version, tx, event } = (value ?? {}) as Partial<Record<keyof OutboxEvent, unknown>>;
  return (
    typeof ref === "object" &&
    ref !== null &&
    "type" in ref &&
    "id" in ref &&
    Number.isSafeInteger(version) &&
    typeof tx === "string" &&
    /^\d+$/.test(tx) &&
    typeof event === "object"
  );
}

export function againHeaders(): MsgHdrs {
  const marked = headers();
  marked.set(AGAIN, "1");
  return marked;
}

export function isAgain(message: { readonly headers?: MsgHdrs }): boolean {
  return message.headers?.has(AGAIN) ?? false;
}
