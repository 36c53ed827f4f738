import {
  type ExtraVenue,
  OWN_VENUE,
  type PaperSettings,
} from "../../../domain/execution/paper-settings.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import type { BookLevel, DisplayedBook } from "../../../domain/market/displayed-book.ts";
import type { Quote, TradeTick } from "../../../domain/market/quote.ts";
import { multiply } from "../../../domain/shared/decimal.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import type { ActorRef } from "../../../domain/shared/decider.ts";
import type { BrokerAccount } from "./account.ts";

/** The venues of a paper account: its own, with all that the market displays, and those of its settings. */
export class PaperVenues {
  readonly all: readonly ExtraVenue[];
  readonly #account: BrokerAccount | null;

  /** @param account null for the one that every installation has */
  constructor(account: BrokerAccount | null, { fees, venues }: PaperSettings) {
    const own: ExtraVenue = { name: OWN_VENUE, fees, latencyMs: 0, depthShare: "1" };
    this.all = [own, ...venues];
    this.#account = account;
  }

  /** `{account's venue}/{name}`, as orders and reports call a venue that is not the account's own. */
  addressOf({ name }: ExtraVenue): string {
    const venue = this.#account?.venue ?? OWN_VENUE;
    return name === OWN_VENUE ? venue : `${venue}/${name}`;
  }

  /** What an order names to go there. */
  askedAs(venue: ExtraVenue): string {
    return venue.name === OWN_VENUE ? this.addressOf(venue) : venue.name;
  }

  /** The one that an order is for; null when the account has none of that name. */
  find(address: string): ExtraVenue | null {
    return this.all.find((venue) => this.addressOf(venue) === address) ?? null;
  }

  /** The symbol begins after the id's first colon. */
  actorOf({ name }: ExtraVenue, symbol: string): ActorRef {
    const prefix = this.#account === null ? "" : `${this.#account.accountId}/`;
    return { type: "venue", id: `${prefix}${name}:${symbol}` };
  }
}

/** What a venue displays of the market's quote, and trades of its volume. */
export function quoteAt({ depthShare }: ExtraVenue, quote: Quote): Quote {
  const { bidSize, askSize } = quote;
  return { ...quote, bidSize: shareOf(bidSize, depthShare), askSize: shareOf(askSize, depthShare) };
}

export function barAt({ depthShare }: ExtraVenue, bar: Bar): Bar {
  return depthShare === "1" ? bar : { ...bar, volume: multiply(bar.volume, depthShare) };
}

export function bookAt({ depthShare }: ExtraVenue, book: DisplayedBook): DisplayedBook {
  if (depthShare === "1") return book;
  const shared = (levels: readonly BookLevel[]) =>
    levels.map(({ price, size }) => ({ price, size: multiply(size, depthShare) }));
  return { ...book, bids: shared(book.bids), asks: shared(book.asks) };
}

export function tradeAt({ depthShare }: ExtraVenue, trade: TradeTick): TradeTick {
  return depthShare === "1" ? trade : { ...trade, size: multiply(trade.size, depthShare) };
}

function shareOf(size: DecimalString | null, share: DecimalString): DecimalString | null {
  return size === null || share === "1" ? size : multiply(size, share);
}
