import { type AlpacaError, parseExact, readError } from "./alpaca-messages.ts";

/** An HTTP answer as it came. */
export interface AlpacaAnswer {
  readonly status: number;
  readonly body: string;
  /** the broker's wish before the next call, ms; null when it named none */
  readonly retryAfterMs: number | null;
}

/**
 * What an answer to `POST /v2/orders` says of the order. `unknown`: nothing can be concluded, it may be live.
 */
export type Verdict =
  | { readonly verdict: "accepted" }
  | { readonly verdict: "duplicate" }
  | { readonly verdict: "rejected"; readonly reason: RejectReason; readonly text: string }
  | { readonly verdict: "limited" }
  | { readonly verdict: "unknown"; readonly text: string };

/** Closed list; docs/ERRORS.md explains each. */
export type RejectReason =
  | "notAuthorized"
  | "forbidden"
  | "insufficientBuyingPower"
  | "insufficientQuantity"
  | "shortNotAllowed"
  | "washTrade"
  | "patternDayTrading"
  | "assetNotTradable"
  | "invalidOrder";

/** The broker answered something other than what was asked for. */
export class AlpacaRefusal extends Error {
  readonly status: number;

  constructor(what: string, { status, body }: AlpacaAnswer) {
    super(`Alpaca answered ${what} with ${status}: ${wordsOf(body)}`);
    this.name = "AlpacaRefusal";
    this.status = status;
  }
}

/**
 * Only what the broker itself says counts as a refusal: a 4xx without its own error object comes from something in between,
 * and the order may be live behind it. 403 has the business rules, 422 the form of the order; both leave nothing behind.
 */
export function classifySubmit(answer: AlpacaAnswer): Verdict {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { verdict: "accepted" };
  if (status === 429) return { verdict: "limited" };
  const error = errorIn(body);
  const text = `${status}: ${wordsOf(body)}`;
  if (error === null) return { verdict: "unknown", text };
  // 40010001 is the code of any malformed field, so the words have to tell. They have been written in both ways.
  if (status === 422 && /client[\s_-]?order[\s_-]?id must be unique/i.test(error.message))
    return { verdict: "duplicate" };
  const reason = reasonOf(status, error);
  return reason === null ? { verdict: "unknown", text } : { verdict: "rejected", reason, text };
}

function errorIn(body: string): AlpacaError | null {
  try {
    return readError(parseExact(body));
  } catch {
    return null;
  }
}

/** Codes name families (40310000 is every rule of the account), so the words decide within one. */
const RULES: readonly (readonly [RegExp, RejectReason])[] = [
  [/^forbidden\.?$|not authorized/i, "notAuthorized"],
  [/wash trade/i, "washTrade"],
  [/day ?trad/i, "patternDayTrading"],
  [/short/i, "shortNotAllowed"],
  [/insufficient (qty|quantity)/i, "insufficientQuantity"],
  [/buying power|insufficient balance|cost basis/i, "insufficientBuyingPower"],
  [/not tradable|not active|asset .*not found|could not find asset/i, "assetNotTradable"],
];

function reasonOf(status: number, { message }: AlpacaError): RejectReason | null {
  if (status === 401) return "notAuthorized";
  if (status !== 400 && status !== 403 && status !== 404 && status !== 422) return null;
  const rule = RULES.find(([words]) => words.test(message));
  if (rule !== undefined) return rule[1];
  return status === 403 ? "forbidden" : "invalidOrder";
}

function wordsOf(body: string): string {
  const error = errorIn(body);
  if (error === null) return body.slice(0, 200);
  return error.code === null ? error.message : `${error.message} (${error.code})`;
}
