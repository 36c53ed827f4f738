import type { FieldError } from "../readers.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { asOf, currency, id, pageOf, pagingInOrder, symbol } from "./common.ts";
import { date, isRealDate, realDates } from "./dates.ts";

const KINDS = ["split", "dividend"] as const;
const source = s.string({ min: 1, max: 64, example: "exchange" });

const action = s.named(
  "CorporateAction",
  s.object({
    actionId: id(),
    symbol: symbol(),
    kind: s.enum(KINDS),
    exDate: s.describe(date(), "the first date on which it trades without"),
    newUnits: s.describe(s.nullable(s.decimalText()), "of a split"),
    oldUnits: s.nullable(s.decimalText()),
    amount: s.describe(s.nullable(s.decimalText()), "of a dividend, for each unit held before"),
    currency: s.nullable(s.string()),
    referencePrice: s.describe(
      s.nullable(s.decimalText()),
      "the raw close before the ex-date, where it was reported; null: that of the stored bars",
    ),
    source,
    knownAt: s.isoTime(),
  }),
);
export type CorporateActionView = Infer<typeof action>;

const actionPage = pageOf("CorporateActionPage", action);
export type CorporateActionPage = Infer<typeof actionPage>;

export const listCorporateActions = route({
  method: "GET",
  path: "/api/symbols/{symbol}/corporate-actions",
  action: "corporate-actions.list",
  area: "data",
  permission: "market-data.read",
  summary: "Splits and dividends of an instrument, in the order of their ex-dates",
  params: { symbol: symbol() },
  query: {
    kind: s.optional(s.enum(KINDS)),
    start: s.optional(s.describe(date(), "ex-dates from then on")),
    end: s.optional(s.describe(date(), "ex-dates before then")),
    asOf,
    ...pagingInOrder,
  },
  check: realDates("start", "end"),
  response: actionPage,
  problems: ["NOT_FOUND"],
});

const WANTED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["split", ["newUnits", "oldUnits"]],
  ["dividend", ["amount", "currency"]],
]);
const OF_KINDS = ["newUnits", "oldUnits", "amount", "currency", "referencePrice"];

/** What a kind does not read is refused like an unknown field. */
const fitsItsKind: CrossCheck = (value) => {
  const wanted = WANTED.get(value["kind"]);
  if (wanted === undefined) return [];
  const taken = value["kind"] === "dividend" ? [...wanted, "referencePrice"] : wanted;
  return OF_KINDS.flatMap((path): readonly FieldError[] => {
    const isThere = value[path] !== undefined;
    if (!isThere && wanted.includes(path))
      return [{ path, code: "REQUIRED", message: `is required of a ${String(value["kind"])}` }];
    if (isThere && !taken.includes(path))
      return [
        { path, code: "UNKNOWN_FIELD", message: `says nothing of a ${String(value["kind"])}` },
      ];
    return [];
  });
};

const units = () => s.optional(s.decimal({ sign: "positive", example: "7" }));

export const addCorporateAction = route({
  method: "POST",
  path: "/api/symbols/{symbol}/corporate-actions",
  action: "corporate-actions.add",
  area: "data",
  permission: "symbols.update",
  summary: "Record a split or a cash dividend",
  description:
    "A split takes `newUnits` for `oldUnits`; a dividend `amount` in `currency`, and perhaps `referencePrice`. A date has one split, and one dividend of an amount: the same again changes nothing, and another split of the date is a conflict until the first is deleted. A split reaches portfolios whose `corporateActions` is `automatic`; for others, and of dividends, see `POST /api/portfolios/{portfolioId}/transactions`.",
  params: { symbol: symbol() },
  body: {
    kind: s.enum(KINDS),
    exDate: date(),
    newUnits: units(),
    oldUnits: units(),
    amount: s.optional(s.decimal({ sign: "positive", example: "0.47" })),
    currency: s.optional(currency),
    referencePrice: s.optional(s.decimal({ sign: "positive", example: "94.97" })),
    source: s.defaulted(source, "manual"),
    knownAt: s.optional(
      s.describe(s.time(), "when it was announced, as far as `asOf` is concerned; now when absent"),
    ),
  },
  check: (value) => [...realDates("exDate")(value), ...fitsItsKind(value)],
  response: action,
  status: 201,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"],
});

export const deleteCorporateAction = route({
  method: "DELETE",
  path: "/api/symbols/{symbol}/corporate-actions/{actionId}",
  action: "corporate-actions.remove",
  area: "data",
  permission: "symbols.update",
  summary: "Believe an action no longer",
  description: "It stays on record for questions with an earlier `asOf`.",
  params: { symbol: symbol(), actionId: id() },
  response: null,
  status: 204,
  problems: ["NOT_FOUND"],
});

const imported = s.named(
  "CorporateActionImport",
  s.object({
    added: s.integer(),
    unchanged: s.describe(s.integer(), "that were on record"),
    conflicts: s.describe(
      s.array(action),
      "splits on record that the file contradicts; they were left as they are",
    ),
    listings: s.describe(s.integer(), "that the instrument has now"),
  }),
);
export type CorporateActionImportView = Infer<typeof imported>;

const FILE_LENGTH_MAX = 120_000;

export const importCorporateActions = route({
  method: "POST",
  path: "/api/symbols/{symbol}/corporate-actions/import",
  action: "corporate-actions.import",
  area: "data",
  permission: "symbols.update",
  summary: "Record the splits, dividends and former tickers of LEAN's factor and map files",
  description:
    "Ex-dates are the sessions after the files' dates, by the instrument's calendar. A dividend is the shortest amount that gives the file's factor to its seven digits. Repeating an import changes nothing.",
  params: { symbol: symbol() },
  body: {
    factorFile: s.optional(
      s.describe(
        s.string({ min: 1, max: FILE_LENGTH_MAX }),
        "date,priceFactor,splitFactor,reference",
      ),
    ),
    mapFile: s.optional(
      s.describe(s.string({ min: 1, max: FILE_LENGTH_MAX }), "date,ticker,exchange"),
    ),
    knownAt: s.defaulted(
      s.describe(
        s.enum(["now", "exDate"]),
        "when the actions became known, which the files do not say: when they are imported, or, for backtests, when they happened",
      ),
      "now",
    ),
    source: s.defaulted(source, "lean"),
  },
  check: ({ factorFile, mapFile }) =>
    factorFile === undefined && mapFile === undefined
      ? [{ path: "factorFile", code: "REQUIRED", message: "is required, or else mapFile" }]
      : [],
  response: imported,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT"],
});

const listing = s.named(
  "Listing",
  s.object({
    ticker: symbol(),
    from: s.describe(date(), "the first date of it"),
    until: s.describe(s.nullable(date()), "the last date of it; null: it goes on"),
    knownAt: s.isoTime(),
  }),
);
const listings = s.named("Listings", s.object({ symbol: symbol(), listings: s.array(listing) }));
export type ListingsView = Infer<typeof listings>;

export const getListings = route({
  method: "GET",
  path: "/api/symbols/{symbol}/listings",
  action: "corporate-actions.listings",
  area: "data",
  permission: "market-data.read",
  summary: "Under which tickers an instrument was traded, and when",
  params: { symbol: symbol() },
  response: listings,
  problems: ["NOT_FOUND"],
});

const LISTINGS_MAX = 100;

const datesOfListings: CrossCheck = ({ listings: given }) =>
  !Array.isArray(given)
    ? []
    : given.flatMap((one: unknown, index): readonly FieldError[] =>
        ["from", "until"].flatMap((name) =>
          isFalseDate(one, name)
            ? [
                {
                  path: `listings[${index}].${name}`,
                  code: "INVALID_VALUE" as const,
                  message: "is no date",
                },
              ]
            : [],
        ),
      );

function isFalseDate(listed: unknown, name: string): boolean {
  if (typeof listed !== "object" || listed === null) return false;
  const text: unknown = Object.entries(listed).find(([key]) => key === name)?.[1];
  return typeof text === "string" && /^\d{4}-\d{2}-\d{2}$/.test(text) && !isRealDate(text);
}

export const putListings = route({
  method: "PUT",
  path: "/api/symbols/{symbol}/listings",
  action: "corporate-actions.putListings",
  area: "data",
  permission: "symbols.update",
  summary: "Say under which tickers an instrument was traded, and when",
  description:
    "Replaces all of them. An instrument without listings has every bar that is stored under its symbol; one with listings has the bars of its tickers within their dates, and no others. Bars are not touched.",
  params: { symbol: symbol() },
  body: {
    listings: s.array(
      s.object({ ticker: symbol(), from: date(), until: s.optional(s.nullable(date())) }),
      { max: LISTINGS_MAX },
    ),
  },
  check: datesOfListings,
  response: listings,
  problems: ["NOT_FOUND", "CONFLICT"],
});
