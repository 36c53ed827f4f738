import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { HttpClient } from "./http.ts";

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

interface Waiter {
  readonly matches: (event: StreamEvent) => boolean;
  readonly resolve: (event: StreamEvent) => void;
  readonly reject: (reason: Error) => void;
}

const PATIENCE_MS = 20_000;

/** Server-Sent Events as a browser's EventSource would hear them, all of them kept. */
export class EventStream {
  /** but for `open`, which tells nothing but where the stream begins */
  readonly events: StreamEvent[] = [];
  /** of the last event, `open` included: where to go on */
  lastId: string | null = null;
  readonly headers: IncomingMessage["headers"];
  /** resolves when the server or `close` has ended the stream */
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #waiters = new Set<Waiter>();
  #unread = "";

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.headers = response.headers;
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => this.#read(chunk));
    // A connection that is cut ends a stream as well as a farewell does.
    response.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      response.once("close", () => {
        resolve();
        for (const { reject } of this.#waiters) reject(new Error("the stream has ended"));
      });
    });
  }

  /** @throws Error when the answer is no stream */
  static open(
    client: HttpClient,
    channels: readonly string[],
    lastEventId?: string | null,
  ): Promise<EventStream> {
    const path = `/api/stream?channels=${encodeURIComponent(channels.join(","))}`;
    const headers = {
      authorization: `Bearer ${client.token ?? ""}`,
      ...(typeof lastEventId === "string" && { "last-event-id": lastEventId }),
    };
    return new Promise((resolve, reject) => {
      get(new URL(path, client.url), { headers, agent: false }, (response) => {
        if (response.statusCode === 200) return resolve(new EventStream(response));
        readText(response).then(
          (text) => reject(new Error(`no stream: ${response.statusCode} ${text}`)),
          reject,
        );
      }).once("error", reject);
    });
  }

  of(channel: string): readonly StreamEvent[] {
    return this.events.filter(({ event }) => event === channel);
  }

  /** The first event that matches, whether it has come or is to come. */
  async next(what: string, matches: (event: StreamEvent) => boolean): Promise<StreamEvent> {
    const known = this.events.find(matches);
    if (known) return known;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle(() => reject(new Error(`no ${what} came over the stream`))),
        PATIENCE_MS,
      );
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        act();
      };
      const waiter: Waiter = {
        matches,
        resolve: (event) => settle(() => resolve(event)),
        reject: (reason) => settle(() => reject(reason)),
      };
      this.#waiters.add(waiter);
    });
  }

  async close(): Promise<void> {
    this.#response.destroy();
    await this.ended;
  }

  #read(chunk: string): void {
    const blocks = (this.#unread + chunk).split("\n\n");
    this.#unread = blocks.pop() ?? "";
    for (const event of blocks.map(parse)) if (event !== null) this.#take(event);
  }

  #take(event: StreamEvent): void {
    this.lastId = event.id ?? this.lastId;
    if (event.event === "open") return;
    this.events.push(event);
    for (const waiter of this.#waiters) if (waiter.matches(event)) waiter.resolve(event);
  }
}

/** Null for a comment. */
function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block
      .split("\n")
      .filter((line) => !line.startsWith(":"))
      .map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  const value: unknown = JSON.parse(data);
  return { id: fields.get("id") ?? null, event: fields.get("event") ?? "message", data: value };
}
