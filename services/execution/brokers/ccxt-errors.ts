import { DependencyRefused } from "../../../mixins/resilience/dependency.ts";
import { OffStep } from "./ccxt-exchange.ts";
import { type CallTrace, NotSent } from "./ccxt-http.ts";

/** Closed list; docs/ERRORS.md explains each. */
export type CcxtRejectReason =
  | "notAuthorized"
  | "insufficientFunds"
  | "unknownSymbol"
  | "marketClosed"
  | "invalidOrder"
  | "invalidRequest"
  | "notSupported"
  | "notReplaced"
  | "forbidden";

/** What a failed call says of what was asked for. `unknown`: nothing can be concluded. */
export type CcxtVerdict =
  | { readonly verdict: "duplicate" }
  | { readonly verdict: "notFound" }
  | { readonly verdict: "rejected"; readonly reason: CcxtRejectReason }
  | { readonly verdict: "limited" }
  | { readonly verdict: "clock" }
  | { readonly verdict: "unknown" };

/** A call to an exchange that did not come to a good end. Its words hold no address, key or signature. */
export class CcxtFailure extends Error {
  readonly verdict: CcxtVerdict;
  /** false: nothing left this process, so nothing came of it */
  readonly wasSent: boolean;

  constructor(words: string, verdict: CcxtVerdict, wasSent: boolean) {
    super(words);
    this.name = "CcxtFailure";
    this.verdict = verdict;
    this.wasSent = wasSent;
  }
}

/**
 * ccxt's classes of errors (https://docs.ccxt.com/#/?id=error-handling), the special ones first: what a class says counts for
 * those that extend it and are not listed. Those that are in no line are not known to leave nothing behind.
 */
const REASONS: readonly (readonly [string, CcxtRejectReason])[] = [
  ["PermissionDenied", "forbidden"],
  ["AccountSuspended", "forbidden"],
  ["AuthenticationError", "notAuthorized"],
  ["InsufficientFunds", "insufficientFunds"],
  ["BadSymbol", "unknownSymbol"],
  ["ContractUnavailable", "unknownSymbol"],
  ["MarketClosed", "marketClosed"],
  ["RestrictedLocation", "forbidden"],
  ["InvalidOrder", "invalidOrder"],
  ["ArgumentsRequired", "invalidRequest"],
  ["BadRequest", "invalidRequest"],
  ["NotSupported", "notSupported"],
  ["OperationRejected", "invalidRequest"],
];

/** Not every venue's repeated id has a class of its own: Binance's -2010 is any refusal, and its words tell. */
const DUPLICATE =
  /duplicate(d)? (order|client|cl|id)|order ?link(ed)? ?id is duplicate|client order id already exist/i;

/** -2021 and -2022: both halves have an end, and what it left behind can be looked at. */
const NOT_REPLACED = /Order cancel-replace (partially )?failed/;

/** @param secrets what the words may not hold, should ccxt have put it there */
export function ccxtFailure(
  error: unknown,
  trace: CallTrace,
  secrets: readonly string[],
): CcxtFailure {
  const names = classesOf(error);
  const words = wordsOf(error, secrets);
  return new CcxtFailure(words, verdictOf(error, names, words, trace), trace.wasSent);
}

function verdictOf(
  error: unknown,
  names: ReadonlySet<string>,
  words: string,
  { wasSent, isVenuesWord }: CallTrace,
): CcxtVerdict {
  if (error instanceof OffStep) return { verdict: "rejected", reason: "invalidOrder" };
  if (error instanceof NotSent) return { verdict: "limited" };
  if (error instanceof DependencyRefused) return { verdict: "unknown" };
  if (names.has("DDoSProtection") || names.has("RateLimitExceeded")) return { verdict: "limited" };
  // Something in between may answer with 401 or 404 too, and the order may be live behind it.
  if (wasSent && !isVenuesWord) return { verdict: "unknown" };
  if (NOT_REPLACED.test(words)) return { verdict: "rejected", reason: "notReplaced" };
  if (names.has("InvalidNonce")) return { verdict: "clock" };
  if (names.has("NetworkError") || names.has("OperationFailed")) return { verdict: "unknown" };
  if (names.has("DuplicateOrderId") || (names.has("ExchangeError") && DUPLICATE.test(words)))
    return { verdict: "duplicate" };
  if (names.has("OrderNotFound")) return { verdict: "notFound" };
  const rule = REASONS.find(([name]) => names.has(name));
  return rule === undefined ? { verdict: "unknown" } : { verdict: "rejected", reason: rule[1] };
}

/** The names of an error's class and of those that it extends: ccxt's classes are loaded late, and are not ours to import. */
function classesOf(error: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at: unknown = error; typeof at === "object" && at !== null;) {
    at = Reflect.getPrototypeOf(at);
    const maker: unknown = at === null ? null : Reflect.get(Object(at), "constructor");
    if (typeof maker === "function") names.add(maker.name);
  }
  return names;
}

const WORDS_MAX = 300;

function wordsOf(error: unknown, secrets: readonly string[]): string {
  const message = error instanceof Error || hasMessage(error) ? error.message : String(error);
  const plain = message.replaceAll(/https?:\/\/[^\s?"']*(\?[^\s"']*)?/g, "(address)");
  const hidden = secrets
    .filter((secret) => secret.length >= 4)
    .reduce((words, secret) => words.replaceAll(secret, "***"), plain);
  return hidden.slice(0, WORDS_MAX);
}

function hasMessage(error: unknown): error is { readonly message: string } {
  return (
    typeof error === "object" &&
    error !== null &&
    "message" in error &&
    typeof error.message === "string"
  );
}
