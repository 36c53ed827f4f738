import { countOrders } from "../../../domain/execution/open-orders.ts";
import { type ExtraVenue, paperSettings } from "../../../domain/execution/paper-settings.ts";
import type { VenueRules } from "../../../domain/execution/venue-rules.ts";
import { paperVenue } from "../../../domain/execution/paper-venue.ts";
import type {
  PaperVenueCommand,
  PaperVenueReply,
} from "../../../domain/execution/paper-messages.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import type { DisplayedBook } from "../../../domain/market/displayed-book.ts";
import type { Quote, TradeTick } from "../../../domain/market/quote.ts";
import type {
  CancelPayload,
  ReplacePayload,
  SubmitPayload,
} from "../../../domain/order/messages.ts";
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../../domain/order/new-order.ts";
import type { Side } from "../../../domain/order/new-order.ts";
import type { Venue } from "../../../domain/execution/routing/venue.ts";
import type { MarketView } from "../../../domain/portfolio/messages.ts";
import type { ActorRef } from "../../../domain/shared/decider.ts";
import { multiply } from "../../../domain/shared/decimal.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { bodyHash, uuidv5 } from "../../../mixins/actor/ids.ts";
import { defineActor } from "../../../mixins/actor/kind.ts";
import type { ActorKind } from "../../../mixins/actor/kind.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerAccount } from "./account.ts";
import type { Broker, BrokerAbilities, BrokerIds, Sending, SubmitOutcome } from "./broker.ts";
import { levelsAt } from "./paper-levels.ts";
import { PaperLine } from "./paper-line.ts";
import { PaperVenues, barAt, bookAt, quoteAt, tradeAt } from "./paper-venues.ts";

export { checkPaperSettings } from "../../../domain/execution/paper-settings.ts";

const NAMESPACE = "9a7c3d52-6f0e-4b1c-8d2a-51e0c4b7f613";

/** Raise it when the shape of the venue's state changes. */
const SCHEMA_VERSION = 3;
/** Whoever waits for a fill to be booked waits no longer than this: the market does not stop for a slow store. */
const SETTLE_MS = 1_000;

/** The venue is an actor like any other: what it accepted and filled survives as the orders themselves do. */
export function paperVenueKind(): ActorKind {
  return defineActor({
    type: "venue",
    schemaVersion: SCHEMA_VERSION,
    decider: paperVenue,
    summarize: (_id, { open, held }) => ({
      openOrders: countOrders(open),
      heldReports: held.length,
    }),
    urgent: new Set(["Cancel"] as const),
  });
}

/** The venue is an actor that keeps every client order id: a repeat is recognised, and it can be asked. */
const IDS: BrokerIds = { idUnique: "forever", queryByClientId: true, quietMs: 0 };

const ABILITIES: BrokerAbilities = {
  ordTypes: ORDER_TYPES,
  timesInForce: TIMES_IN_FORCE,
  trails: ["amount", "bps", "ticks"],
  postOnly: true,
  // Who has the position is the portfolio, which sees to it before the order is sent.
  reduceOnly: true,
  displayQty: true,
  replace: true,
};

type SeenMarket = Pick<MarketView, "instrument" | "quote" | "isStale">;

type MarketCommand = PaperVenueCommand & {
  readonly type: "OnBar" | "OnQuote" | "OnBook" | "OnTrade";
};

/**
 * Simulated execution on the market data that this installation sees.
 * @param account null for the one that every installation has, which trades on PAPER
 */
export function createPaperBroker(node: NodeContext, account: BrokerAccount | null = null): Broker {
  return new PaperBroker(node, account);
}

class PaperBroker implements Broker {
  readonly name = "paper";
  readonly ids = IDS;
  readonly abilities = ABILITIES;
  readonly venues: readonly string[];
  readonly #node: NodeContext;
  readonly #settings;
  readonly #venues: PaperVenues;
  readonly #line: PaperLine;
  /** the newest of each symbol that shows its book */
  readonly #books = new Map<string, DisplayedBook>();
  readonly #ticks = new Map<string, string>();

  constructor(node: NodeContext, account: BrokerAccount | null) {
    this.#node = node;
    this.#settings = paperSettings(account?.settings ?? {});
    this.#venues = new PaperVenues(account, this.#settings);
    this.venues = this.#settings.venues.map(({ name }) => name);
    this.#line = new PaperLine(this.#settings);
  }

  async submit(order: SubmitPayload, sending: Sending): Promise<SubmitOutcome> {
    const { clOrdId } = order;
    const venue = this.#venues.find(order.venue);
    if (venue === null) return rejected("unknownVenue", `no venue ${order.venue} in this account`);
    if (this.#line.isRejected(clOrdId)) return rejected("simulatedFault", "a simulated rejection");
    this.#line.dial(`submit:${clOrdId}`, sending.isRepeat);
    const outcome = await this.#submitTo(venue, order, sending);
    this.#line.hear(clOrdId, sending.isRepeat);
    return outcome;
  }

  async replace(order: ReplacePayload): Promise<SubmitOutcome> {
    const { clOrdId } = order.before;
    const name = `replace:${clOrdId}:${order.revision}`;
    const venue = this.#venues.find(order.before.venue);
    if (venue === null) return rejected("unknownVenue", `no venue ${order.before.venue}`);
    this.#line.dial(name, false);
    const latencyMs = venue.latencyMs + this.#line.cancelMs(name);
    const { symbol } = order.before;
    await this.#send(venue, symbol, { type: "Replace", order, latencyMs }, name);
    return { outcome: "accepted" };
  }

  async cancel(order: CancelPayload): Promise<void> {
    const { clOrdId, symbol } = order;
    const name = `cancel:${clOrdId}`;
    const venue = this.#venues.find(order.venue);
    // It was removed from the settings while orders were there.
    if (venue === null) throw new Error(`expected venue ${order.venue} in the paper account`);
    this.#line.dial(name, false);
    const latencyMs = venue.latencyMs + this.#line.cancelMs(clOrdId);
    await this.#send(venue, symbol, { type: "Cancel", order, latencyMs }, name);
  }

  async find({ clOrdId, symbol, venue: address }: SubmitPayload): Promise<boolean> {
    const venue = this.#venues.find(address);
    if (venue === null) return false;
    const answer = await this.#send(venue, symbol, { type: "Query", clOrdId }, `query:${clOrdId}`);
    return answer.order !== null;
  }

  async levels(symbol: string, side: Side): Promise<readonly Venue[]> {
    const { instrument, quote, isStale } = await this.#marketView(symbol);
    if (instrument === null || quote === null || isStale) return [];
    const { multiplier } = instrument;
    const known = this.#books.get(symbol);
    // A quote that is newer than the book has its best prices only, but those are true.
    const book = known !== undefined && known.tsEventMs >= quote.tsEventMs ? known : null;
    return this.#venues.all.map((venue) =>
      levelsAt(venue, this.#venues.askedAs(venue), { quote, book, side, multiplier }),
    );
  }

  async onBar(bar: Bar): Promise<void> {
    const { symbol, timeframe, startMs } = bar;
    const { participation } = this.#settings;
    const rules = await this.#rulesFor(symbol);
    const name = `bar:${symbol}:${timeframe}:${startMs}`;
    for (const venue of this.#venues.all) {
      const shared = { bar: barAt(venue, bar), rules };
      const command = participation === null ? shared : { ...shared, participation };
      await this.#offer(venue, symbol, { type: "OnBar", ...command }, name);
    }
  }

  async onBook(book: DisplayedBook): Promise<void> {
    const { symbol, tsEventMs } = book;
    const rules = await this.#rulesFor(symbol);
    this.#books.set(symbol, book);
    for (const venue of this.#venues.all) {
      const command = { type: "OnBook", book: bookAt(venue, book), rules } as const;
      await this.#offer(venue, symbol, command, `book:${symbol}:${tsEventMs}`);
    }
  }

  /** Prints say who is filled only where the queue is known. */
  async onTrade(trade: TradeTick): Promise<void> {
    const { symbol, price, size, tsEventMs } = trade;
    if (!this.#books.has(symbol)) return;
    const name = `trade:${symbol}:${tsEventMs}:${price}:${size}`;
    for (const venue of this.#venues.all)
      await this.#offer(venue, symbol, { type: "OnTrade", trade: tradeAt(venue, trade) }, name);
  }

  async onQuote(quote: Quote): Promise<void> {
    const { symbol, tsEventMs } = quote;
    const rules = await this.#rulesFor(symbol);
    const name = `quote:${symbol}:${tsEventMs}`;
    for (const venue of this.#venues.all) {
      const command = { type: "OnQuote", quote: quoteAt(venue, quote), rules } as const;
      await this.#offer(venue, symbol, command, name);
    }
  }

  /** Slippage in ticks is made an amount here: orders of the plain kinds do not carry the tick. */
  async #rulesFor(symbol: string): Promise<VenueRules> {
    const { rules } = this.#settings;
    const { slippage } = rules;
    if (!("ticks" in slippage)) return rules;
    const tickSize = this.#ticks.get(symbol) ?? (await this.#tickOf(symbol));
    if (tickSize === null) return rules;
    this.#ticks.set(symbol, tickSize);
    const amount = multiply(tickSize, slippage.ticks);
    return { fillModel: rules.fillModel, slippage: { model: "fixed", amount } };
  }

  async #tickOf(symbol: string): Promise<string | null> {
    return (await this.#marketView(symbol)).instrument?.tickSize ?? null;
  }

  #marketView(symbol: string): Promise<SeenMarket> {
    return this.#node.broker.call<SeenMarket, unknown>("symbols.marketView", { symbol });
  }

  async #submitTo(
    venue: ExtraVenue,
    order: SubmitPayload,
    { marketTimeMs }: Sending,
  ): Promise<SubmitOutcome> {
    const latencyMs = venue.latencyMs + this.#line.submitMs(order.clOrdId);
    const terms = { order, fees: venue.fees, latencyMs };
    const command = marketTimeMs === null ? terms : { ...terms, marketTimeMs };
    try {
      await this.#send(
        venue,
        order.symbol,
        { type: "Submit", ...command },
        `submit:${order.clOrdId}`,
      );
      return { outcome: "accepted" };
    } catch (error) {
      if (error instanceof Refusal) return rejected(error.code, error.message);
      throw error;
    }
  }

  async #send(
    venue: ExtraVenue,
    symbol: string,
    command: PaperVenueCommand,
    name: string,
  ): Promise<PaperVenueReply> {
    const { reports: line } = this.#line;
    const sent = line === undefined ? command : { ...command, line };
    const answer = await this.#node.actors.call(this.#venues.actorOf(venue, symbol), sent, {
      commandId: uuidv5(NAMESPACE, name),
      bodyHash: bodyHash(name),
      isDeduplicated: false,
    });
    // sound: the venue's decider replies so to every command
    return answer.reply as unknown as PaperVenueReply;
  }

  /** Answered when the fills are booked: who decides on the same bar must know of them. */
  async #offer(
    venue: ExtraVenue,
    symbol: string,
    command: MarketCommand,
    name: string,
  ): Promise<void> {
    const ref = this.#venues.actorOf(venue, symbol);
    // A venue without orders need not hear of the market: `marketTimeMs` of the next order tells it the time.
    if (!this.#isAlwaysTold(command) && !(await this.#isWaiting(ref))) return;
    const { told } = await this.#send(venue, symbol, command, name);
    const { actorSystem } = this.#node;
    await actorSystem.settled(SETTLE_MS, [ref]);
    await actorSystem.settled(
      SETTLE_MS,
      told.map((id) => ({ type: "order", id })),
    );
  }

  /** Slippage that is made of the bars before an order needs those that no order has seen. */
  #isAlwaysTold({ type }: MarketCommand): boolean {
    return type === "OnBar" && this.#settings.rules.slippage.model === "squareRoot";
  }

  async #isWaiting(ref: ActorRef): Promise<boolean> {
    const { summary } = await this.#node.actors.read(ref);
    // sound: made by `summarize` above; null before the first order
    const found = summary as { readonly openOrders: number; readonly heldReports: number } | null;
    return found !== null && found.openOrders + found.heldReports > 0;
  }
}

function rejected(reason: string, text: string): SubmitOutcome {
  return { outcome: "rejected", reason, text };
}
