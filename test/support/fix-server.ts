import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { FixBook, type FixOrder } from "./fix-book.ts";
import { type Pairs, Words, compose, decompose, stamp } from "./fix-words.ts";

export interface FixServerOptions {
  readonly port?: number;
  /** of a server that went away */
  readonly book?: FixBook;
  readonly username?: string;
  readonly password?: string;
  /** PEM */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What happens to the next message of a kind, once. */
export type FixFault =
  /** D: taken, and the connection is cut before anything is said */
  | "cutAfterOrder"
  /** D: cut, and it was never received */
  | "cutBeforeOrder"
  /** D: taken, and nothing is said of it until `heal` */
  | "silentOrder"
  | "rejectOrder"
  | "cancelRefused"
  | "replaceRefused"
  /** G: done, and the connection is cut before anything is said */
  | "cutAfterReplace"
  | "refuseLogon"
  /** what is sent next is lost on its way */
  | "loseNext"
  /** a byte of what is sent next is another */
  | "garbleNext"
  /** what is sent next comes after what is sent then */
  | "swapNext"
  /** H: answered as if there were no such order */
  | "unknownStatus"
  | "businessReject"
  | "sessionReject";

const SENDER = "BROKER";
export const CLIENT = "QA";

/** The other side of a FIX 4.4 session, with an order book behind it and faults to order. */
export class FixServer {
  readonly port: number;
  readonly book: FixBook;
  /** everything that was received in order, oldest first */
  readonly heard: Words[] = [];
  /** every message as it came, repeats too */
  readonly raw: Words[] = [];
  readonly #server: net.Server;
  readonly #options: FixServerOptions;
  readonly #faults = new Set<FixFault>();
  readonly #silent: (() => void)[] = [];
  #socket: net.Socket | null = null;
  #isLoggedOn = false;
  #hasAsked = false;
  #swapped: string | null = null;
  #held: Pairs[] | null = null;
  /** every report is said so often, under numbers of their own */
  copies = 1;
  /** connections are not taken */
  isClosed = false;
  #text = "";

  private constructor(server: net.Server, port: number, options: FixServerOptions) {
    this.#server = server;
    this.port = port;
    this.#options = options;
    this.book = options.book ?? new FixBook();
    const event = options.tls === undefined ? "connection" : "secureConnection";
    server.on(event, (socket: net.Socket) => this.#connected(socket));
  }

  static async start(options: FixServerOptions = {}): Promise<FixServer> {
    const server = options.tls === undefined ? net.createServer() : tls.createServer(options.tls);
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("expected a TCP address");
    return new FixServer(server, address.port, options);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  get isLoggedOn(): boolean {
    return this.#isLoggedOn;
  }

  /** Whether the client waits for nothing of the session: its first test was answered. */
  get isSynchronised(): boolean {
    return this.#isLoggedOn && this.heard.some(({ type }) => type === "1");
  }

  fault(...faults: readonly FixFault[]): void {
    for (const fault of faults) this.#faults.add(fault);
  }

  heal(): void {
    this.#faults.clear();
    this.copies = 1;
    this.isClosed = false;
    const held = this.#held ?? [];
    this.#held = null;
    for (const fields of held.toReversed()) this.say(fields, []);
    for (const speak of this.#silent.splice(0)) speak();
    if (this.#swapped !== null) this.#socket?.write(this.#swapped, "latin1");
    this.#swapped = null;
  }

  cut(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#isLoggedOn = false;
  }

  of(type: string): readonly Words[] {
    return this.heard.filter((words) => words.type === type);
  }

  order(name: string): FixOrder {
    const order = this.book.find(name);
    if (order === undefined) throw new Error(`there is no order ${name}`);
    return order;
  }

  fill(name: string, price: string, quantity?: number): void {
    this.say(this.book.fill(this.order(name), price, quantity));
  }

  cancel(name: string): void {
    this.say(this.book.end(this.order(name), "4", [[58, "canceled by the venue"]]));
  }

  expire(name: string): void {
    this.say(this.book.end(this.order(name), "C"));
  }

  /** Sends all that it ever sent of the application again, as it would be asked to. */
  repeatAll(): void {
    this.#resend(1, this.book.nextOut - 1);
  }

  /** Both sides begin at 1, on the line that stands. */
  resetOnLine(): void {
    this.book.nextOut = 1;
    this.book.nextIn = 1;
    this.book.sent.clear();
    this.#admin([
      [35, "A"],
      [98, 0],
      [108, 30],
      [141, "Y"],
    ]);
  }

  /** From now on reports are kept back, and said in the wrong order by `heal`. */
  hold(): void {
    this.#held = [];
  }

  say(fields: Pairs, stamped: Pairs = [[60, stamp()]]): void {
    if (this.#held !== null) {
      this.#held.push([...fields, ...stamped]);
      return;
    }
    this.#say(fields, stamped);
    for (let copy = 1; copy < this.copies; copy++) this.#say(fields, [[97, "Y"], ...stamped]);
  }

  #say(fields: Pairs, stamped: Pairs): void {
    const seq = this.book.nextOut++;
    const whole = [...fields, ...stamped];
    this.book.sent.set(seq, whole);
    this.#transmit(this.#dressed(whole, seq));
  }

  sayRaw(text: string): void {
    this.#socket?.write(text, "latin1");
  }

  admin(fields: Pairs): void {
    this.#admin(fields);
  }

  /** The messages that it would say with these numbers, for those that make mistakes on purpose. */
  dressed(fields: Pairs, seq: number, more: Pairs = []): string {
    return this.#dressed(fields, seq, more);
  }

  #take(fault: FixFault): boolean {
    return this.#faults.delete(fault);
  }

  #admin(fields: Pairs): void {
    this.#transmit(this.#dressed(fields, this.book.nextOut++));
  }

  #dressed(fields: Pairs, seq: number, more: Pairs = []): string {
    const [type, ...body] = fields;
    if (type === undefined) throw new Error("expected a type");
    return compose([type, [49, SENDER], [56, CLIENT], [34, seq], [52, stamp()], ...more, ...body]);
  }

  #transmit(text: string): void {
    if (!this.#isLoggedOn && !text.includes("\x0135=A\x01") && !text.includes("\x0135=5\x01"))
      return;
    if (this.#take("loseNext")) return;
    const isGarbled = this.#take("garbleNext");
    const sent = isGarbled ? text.replace("\x0152=2", "\x0152=3") : text;
    if (this.#take("swapNext")) {
      this.#swapped = sent;
      return;
    }
    this.#socket?.write(sent, "latin1");
    if (this.#swapped !== null) this.#socket?.write(this.#swapped, "latin1");
    this.#swapped = null;
  }

  #connected(socket: net.Socket): void {
    socket.on("error", () => undefined);
    if (this.isClosed) {
      socket.destroy();
      return;
    }
    this.cut();
    this.#socket = socket;
    this.#text = "";
    this.#hasAsked = false;
    socket.on("data", (bytes) => {
      if (socket !== this.#socket) return;
      const { messages, rest } = decompose(this.#text + bytes.toString("latin1"));
      this.#text = rest;
      for (const words of messages) if (socket === this.#socket) this.#receive(words);
    });
    socket.on("close", () => {
      if (socket === this.#socket) this.cut();
    });
  }

  #receive(words: Words): void {
    this.raw.push(words);
    if (words.get(49) !== CLIENT || words.get(56) !== SENDER) return this.cut();
    if (words.type === "A") return this.#logon(words);
    if (!this.#isLoggedOn) return this.cut();
    if (words.seq < this.book.nextIn) {
      if (words.get(43) !== "Y") this.#leave(`MsgSeqNum too low, expecting ${this.book.nextIn}`);
      return;
    }
    if (words.seq > this.book.nextIn) {
      if (words.type === "2") this.#handleResend(words);
      return this.#askGap();
    }
    if (words.type === "D" && this.#take("cutBeforeOrder")) return this.cut();
    this.book.nextIn += 1;
    this.#hasAsked = false;
    this.heard.push(words);
    this.#handle(words);
  }

  #logon(words: Words): void {
    const { username, password } = this.#options;
    this.#isLoggedOn = true;
    if (this.#take("refuseLogon") || words.get(553) !== username || words.get(554) !== password) {
      if (words.seq === this.book.nextIn) this.book.nextIn += 1;
      return this.#leave("not today");
    }
    if (words.get(141) === "Y") {
      this.book.nextIn = 1;
      this.book.nextOut = 1;
      this.book.sent.clear();
    }
    if (words.seq < this.book.nextIn)
      return this.#leave(`MsgSeqNum too low, expecting ${this.book.nextIn}`);
    const isGap = words.seq > this.book.nextIn;
    if (!isGap) {
      this.book.nextIn += 1;
      this.heard.push(words);
    }
    this.#admin([
      [35, "A"],
      [98, 0],
      [108, words.must(108)],
      ...(words.get(141) === "Y" ? [[141, "Y"] as const] : []),
    ]);
    if (isGap) this.#askGap();
  }

  #leave(text: string): void {
    this.#admin([
      [35, "5"],
      [58, text],
    ]);
    this.#socket?.end();
    this.#isLoggedOn = false;
  }

  #askGap(): void {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    this.#admin([
      [35, "2"],
      [7, this.book.nextIn],
      [16, 0],
    ]);
  }

  #handleResend(words: Words): void {
    const to = Number(words.must(16));
    this.#resend(Number(words.must(7)), to === 0 ? this.book.nextOut - 1 : to);
  }

  #resend(from: number, to: number): void {
    let next = from;
    for (let seq = from; seq <= to; seq++) {
      const fields = this.book.sent.get(seq);
      if (fields === undefined) continue;
      this.#passOver(next, seq);
      const again: Pairs = [
        [43, "Y"],
        [122, stamp()],
      ];
      this.#transmit(this.#dressed(fields, seq, again));
      next = seq + 1;
    }
    this.#passOver(next, to + 1);
  }

  #passOver(from: number, to: number): void {
    if (from >= to) return;
    const fields: Pairs = [
      [35, "4"],
      [123, "Y"],
      [36, to],
    ];
    const again: Pairs = [
      [43, "Y"],
      [122, stamp()],
    ];
    this.#transmit(this.#dressed(fields, from, again));
  }

  #handle(words: Words): void {
    switch (words.type) {
      case "1":
        return this.#admin([
          [35, "0"],
          [112, words.must(112)],
        ]);
      case "2":
        return this.#handleResend(words);
      case "4":
        this.book.nextIn = Number(words.must(36));
        return;
      case "5":
        this.#admin([[35, "5"]]);
        this.#socket?.end();
        this.#isLoggedOn = false;
        return;
      case "D":
        return this.#newOrder(words);
      case "F":
        return this.#cancelOrder(words);
      case "G":
        return this.#replaceOrder(words);
      case "H":
        return this.#tellStatus(words);
      case "AF":
        return this.#list(words);
    }
  }

  #newOrder(words: Words): void {
    const name = words.must(11);
    const known = this.book.find(name);
    if (this.#refusedAs(words)) return;
    if (known !== undefined || this.#take("rejectOrder")) return this.#rejectOrder(words, known);
    const order = this.book.add(words);
    const speak = (): void => this.say(this.book.report(order, "0"));
    const isSilent = this.#take("silentOrder");
    if (this.#take("cutAfterOrder")) this.cut();
    if (isSilent) this.#silent.push(speak);
    else speak();
  }

  /** As a Reject or a BusinessMessageReject. */
  #refusedAs(words: Words): boolean {
    const isBusiness = this.#take("businessReject");
    if (!isBusiness && !this.#take("sessionReject")) return false;
    const about: Pairs = [
      [45, words.seq],
      [372, words.type],
      [58, "not like this"],
    ];
    if (isBusiness) this.say([[35, "j"], ...about, [380, 0]], []);
    else this.#admin([[35, "3"], ...about, [373, 5]]);
    return true;
  }

  #rejectOrder(words: Words, known: FixOrder | undefined): void {
    this.say([
      [35, "8"],
      [37, "NONE"],
      [11, words.must(11)],
      [17, `R-${words.seq}`],
      [150, "8"],
      [39, "8"],
      [103, known === undefined ? 3 : 6],
      [58, known === undefined ? "over the limit" : "duplicate order"],
      [55, words.must(55)],
      [54, words.must(54)],
      [151, 0],
      [14, 0],
      [6, 0],
    ]);
  }

  #cancelOrder(words: Words): void {
    const order = this.book.find(words.get(41));
    if (order === undefined || !this.book.isOpen(order) || this.#take("cancelRefused"))
      return this.#refuse(words, order, "1");
    const before = order.names.at(-1) ?? "";
    order.status = "4";
    this.say(this.book.report(order, "4", [[41, before]], words.must(11)));
  }

  #replaceOrder(words: Words): void {
    const order = this.book.find(words.get(41));
    const isDone = order?.names.includes(words.must(11));
    if (order === undefined || isDone || !this.book.isOpen(order) || this.#take("replaceRefused"))
      return this.#refuse(words, order, "2", isDone ? 6 : 0);
    const before = order.names.at(-1) ?? "";
    order.names.push(words.must(11));
    order.quantity = Number(words.must(38));
    order.price = words.get(44);
    order.stopPx = words.get(99);
    order.words = words;
    if (this.#take("cutAfterReplace")) this.cut();
    this.say(this.book.report(order, "5", [[41, before]]));
  }

  #refuse(words: Words, order: FixOrder | undefined, to: "1" | "2", reason = 0): void {
    this.say([
      [35, "9"],
      [37, order?.id ?? "NONE"],
      [11, words.must(11)],
      [41, words.must(41)],
      [39, order?.status ?? "8"],
      [434, to],
      [102, order === undefined ? 1 : reason],
      [58, "too late"],
    ]);
  }

  #tellStatus(words: Words): void {
    const question: Pairs = [[790, words.must(790)]];
    const order = this.book.find(words.must(11));
    if (order !== undefined && !this.#take("unknownStatus"))
      return this.say(this.book.report(order, "I", question));
    this.say([
      [35, "8"],
      [37, "NONE"],
      [11, words.must(11)],
      [17, `S-${words.seq}`],
      [150, "I"],
      [39, "8"],
      [103, 5],
      [55, words.must(55)],
      [54, words.must(54)],
      [151, 0],
      [14, 0],
      [6, 0],
      ...question,
    ]);
  }

  #list(words: Words): void {
    const id: Pairs = [[584, words.must(584)]];
    const open = this.book.orders.filter((order) => this.book.isOpen(order));
    open.forEach((order, index) => {
      const more: Pairs = [...id, [911, open.length], [912, index === open.length - 1 ? "Y" : "N"]];
      this.say(this.book.report(order, "I", more));
    });
    if (open.length > 0) return;
    this.say([
      [35, "8"],
      [37, "NONE"],
      [17, `L-${words.seq}`],
      [150, "I"],
      [39, "8"],
      [55, "NONE"],
      [54, 1],
      [151, 0],
      [14, 0],
      [6, 0],
      ...id,
      [911, 0],
      [912, "Y"],
    ]);
  }
}
