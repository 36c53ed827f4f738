import type { WebSocket } from "ws";
import { toFailure } from "../../mixins/rest/problem.ts";
import { RestError, unprocessable } from "../../mixins/rest/rest-error.ts";
import { isRecord } from "../../mixins/rest/schema.ts";
import { checkChannels } from "../../mixins/rest/stream-channels.ts";
import type { OpenStream, StreamHub } from "../../mixins/rest/stream.ts";
import type { Wire } from "../../mixins/rest/stream-wire.ts";
import type { RequestUser } from "../../types/contracts.ts";
import type { Identifier } from "./identify.ts";
import { NO_HEADERS } from "./limits.ts";
import type { RequestLimits } from "./limits.ts";
import { CLOSE_CODES } from "./socket-wire.ts";

const CHANNELS_MAX = 1_000;
const CHANNELS_AT_ONCE = 100;
/** A client that does not understand us is let go. */
const FAULTS_MAX = 20;
/** So is one that asks faster than it is answered, */
const MESSAGES_WAITING_MAX = 500;
/** and one that asks and does not read: it holds this much of our memory at most, the events under way to it among them. */
const UNREAD_BYTES_MAX = 4_194_304;

interface SessionParts {
  readonly identifier: Identifier;
  readonly limits: RequestLimits;
}

/** What a client says on its WebSocket, and what it hears back; events come by the hub. */
export class SocketSession {
  readonly #socket: WebSocket;
  readonly #user: RequestUser;
  readonly #identifier: Identifier;
  readonly #limits: RequestLimits;
  #stream: OpenStream | null = null;
  #faults = 0;
  /** messages are taken one after the other, so that they are answered in their order */
  #turn = Promise.resolve();
  #waiting = 0;

  constructor(socket: WebSocket, user: RequestUser, { identifier, limits }: SessionParts) {
    this.#socket = socket;
    this.#user = user;
    this.#identifier = identifier;
    this.#limits = limits;
  }

  /** @throws RestError for channels that are not known or not permitted, and as `StreamHub.add` */
  begin(hub: StreamHub, wire: Wire, expiresAtMs: number, search: URLSearchParams): void {
    const { channels, lastEventId } = askedIn(search, this.#user);
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#hear(isBinary ? null : data.toString("utf8"));
    });
    this.#socket.on("error", () => undefined);
    this.#stream = hub.add(wire, { user: this.#user, channels, expiresAtMs, lastEventId });
  }

  /** Before the stream has begun: says why not, and ends. */
  fail(error: unknown): void {
    this.#socket.on("error", () => undefined);
    this.#complain(error);
    this.#socket.close(CLOSE_CODES.misused);
  }

  #hear(text: string | null): void {
    if (this.#waiting >= MESSAGES_WAITING_MAX) return this.#dismiss("too many messages");
    this.#waiting += 1;
    this.#turn = this.#takeAfter(this.#turn, text);
  }

  async #takeAfter(turn: Promise<void>, text: string | null): Promise<void> {
    await turn;
    this.#waiting -= 1;
    await this.#take(text);
  }

  /** What it has said already is not heard any more. */
  #dismiss(reason: string): void {
    this.#stream = null;
    this.#socket.close(CLOSE_CODES.misused, reason);
  }

  async #take(text: string | null): Promise<void> {
    if (this.#stream === null) return;
    try {
      await this.#obey(parse(text));
    } catch (error) {
      this.#complain(error);
      this.#faults += 1;
      if (this.#faults >= FAULTS_MAX) this.#dismiss("too many faults");
    }
  }

  async #obey(message: { readonly [field: string]: unknown }): Promise<void> {
    const type = message["type"];
    if (type === "ping") return this.#say({ type: "pong" });
    await this.#limits.take("subscriptions", this.#user.userId, NO_HEADERS);
    const stream = this.#stream;
    if (stream === null) return;
    switch (type) {
      case "subscribe":
        this.#subscribe(stream, message);
        return this.#say({ type: "subscribed", channels: [...stream.channels] });
      case "unsubscribe":
        stream.unsubscribe(texts(message["channels"], "channels"));
        return this.#say({ type: "subscribed", channels: [...stream.channels] });
      case "authenticate":
        return this.#prolong(stream, message["token"]);
      default:
        throw invalid("type", "must be subscribe, unsubscribe, authenticate or ping");
    }
  }

  #subscribe(stream: OpenStream, message: { readonly [field: string]: unknown }): void {
    const channels = checkChannels(texts(message["channels"], "channels"), this.#user);
    if (stream.channels.size + channels.size > CHANNELS_MAX)
      throw invalid("channels", `must be ${CHANNELS_MAX} in all at most`);
    stream.subscribe(channels, eventId(message["lastEventId"] ?? null));
  }

  async #prolong(stream: OpenStream, token: unknown): Promise<void> {
    if (typeof token !== "string") throw invalid("token", "must be an access token");
    const { expiresAtMs, userId } = await this.#identifier.identify(`Bearer ${token}`);
    if (userId !== this.#user.userId)
      throw new RestError("FORBIDDEN", "the token is another user's");
    stream.prolong(expiresAtMs);
    this.#say({ type: "authenticated", expiresAt: new Date(expiresAtMs).toISOString() });
  }

  #complain(error: unknown): void {
    const { code, detail, errors } = toFailure(error);
    this.#say({ type: "error", code, detail, ...(errors !== undefined && { errors }) });
  }

  #say(message: object): void {
    this.#socket.send(JSON.stringify(message), () => undefined);
    if (this.#socket.bufferedAmount > UNREAD_BYTES_MAX) this.#socket.terminate();
  }
}

function askedIn(search: URLSearchParams, user: RequestUser) {
  for (const name of search.keys())
    if (name !== "channels" && name !== "lastEventId") throw invalid(name, "is not known");
  const asked = search.get("channels") ?? "";
  const channels = asked === "" ? new Set<string>() : checkChannels(listed(asked.split(",")), user);
  return { channels, lastEventId: eventId(search.get("lastEventId")) };
}

function parse(text: string | null): { readonly [field: string]: unknown } {
  try {
    const message: unknown = JSON.parse(text ?? "");
    if (isRecord(message)) return message;
  } catch {
    // said below
  }
  throw new RestError("MALFORMED_JSON", "a message is a JSON object in a text frame");
}

function texts(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(field, "must be a list of texts");
  return listed(
    value.map((item: unknown) => {
      if (typeof item === "string" && item.length <= 200) return item;
      throw invalid(field, "must be a list of texts of 200 characters at most");
    }),
  );
}

function listed(channels: readonly string[]): readonly string[] {
  if (channels.length <= CHANNELS_AT_ONCE) return channels;
  throw invalid("channels", `must be ${CHANNELS_AT_ONCE} at once at most`);
}

function eventId(value: unknown): string | null {
  if (value === null || value === "") return null;
  if (typeof value === "string") return value.slice(0, 64);
  throw invalid("lastEventId", "must be a text");
}

function invalid(path: string, message: string): RestError {
  return unprocessable([{ path, code: "INVALID_VALUE", message }]);
}
