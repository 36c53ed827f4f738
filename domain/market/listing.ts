/**
 * That an instrument was traded under a ticker, in days since 1970-01-01. An instrument is named by its symbol of today,
 * which never changes here: its tickers did.
 */
export interface Listing {
  readonly ticker: string;
  readonly symbol: string;
  readonly fromDay: number;
  /** the last day of it; null: it goes on */
  readonly untilDay: number | null;
}

/** Bars stored under a ticker that belong to a series: from the first day to the last, both inclusive; null: unbounded. */
export interface TickerSpan {
  readonly ticker: string;
  readonly fromDay: number | null;
  readonly untilDay: number | null;
}

/** Whose bars an answer shows: of an instrument, or of a holder of the ticker that nobody described. */
export interface Holder {
  /** null: unknown */
  readonly symbol: string | null;
  /** oldest first, without overlaps */
  readonly spans: readonly TickerSpan[];
}

/**
 * Whose series a ticker means: that of the instrument that has it today, or had it on a day. A symbol whose ticker is nobody's
 * today still names its instrument. Where listings leave days of a ticker to nobody, those days are a series of their own: an
 * unknown company is not the one that came after it. What has no listing at all is one series under one name.
 * @param ofTicker every listing of the ticker
 * @param ofHolder every listing of each instrument that `ofTicker` names, and of the one that is called like the ticker
 * @param onDay null: today
 * @returns null when nobody holds it today, and nothing is called so
 */
export function holderOf(
  ticker: string,
  ofTicker: readonly Listing[],
  ofHolder: (symbol: string) => readonly Listing[],
  onDay: number | null,
): Holder | null {
  const listing = ofTicker.find(({ fromDay, untilDay }) =>
    onDay === null ? untilDay === null : fromDay <= onDay && (untilDay ?? onDay) >= onDay,
  );
  if (listing !== undefined)
    return { symbol: listing.symbol, spans: spansOf(ofHolder(listing.symbol)) };
  const ofItself = ofHolder(ticker);
  if (ofTicker.length === 0 && ofItself.length === 0)
    return { symbol: ticker, spans: [{ ticker, fromDay: null, untilDay: null }] };
  if (onDay !== null) return unheld(ticker, ofTicker, onDay);
  return ofItself.length === 0 ? null : { symbol: ticker, spans: spansOf(ofItself) };
}

function spansOf(listings: readonly Listing[]): readonly TickerSpan[] {
  return listings
    .toSorted((a, b) => a.fromDay - b.fromDay)
    .map(({ ticker, fromDay, untilDay }) => ({ ticker, fromDay, untilDay }));
}

/** The days around one between two listings of a ticker, or before the first or after the last. */
function unheld(ticker: string, ofTicker: readonly Listing[], onDay: number): Holder {
  const before = ofTicker.flatMap(({ untilDay }) =>
    untilDay !== null && untilDay < onDay ? [untilDay + 1] : [],
  );
  const after = ofTicker.flatMap(({ fromDay }) => (fromDay > onDay ? [fromDay - 1] : []));
  const fromDay = before.length === 0 ? null : Math.max(...before);
  const untilDay = after.length === 0 ? null : Math.min(...after);
  return { symbol: null, spans: [{ ticker, fromDay, untilDay }] };
}

/** The ticker under which a series traded on a day; null when none is known. */
export function tickerOn({ spans }: Holder, day: number): string | null {
  const span = spans.find(
    ({ fromDay, untilDay }) => (fromDay ?? day) <= day && (untilDay ?? day) >= day,
  );
  return span?.ticker ?? null;
}

/** Two listings that both give a ticker to somebody on one day, or two tickers to one instrument; null when none do. */
export function overlapOf(listings: readonly Listing[]): readonly [Listing, Listing] | null {
  for (const [index, a] of listings.entries()) {
    for (const b of listings.slice(index + 1)) {
      const isShared = a.ticker === b.ticker || a.symbol === b.symbol;
      if (
        isShared &&
        a.fromDay <= (b.untilDay ?? Infinity) &&
        b.fromDay <= (a.untilDay ?? Infinity)
      )
        return [a, b];
    }
  }
  return null;
}
