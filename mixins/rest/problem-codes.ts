/**
 * Every code that a problem may carry, with its HTTP status and title: a closed list, explained in docs/ERRORS.md. The
 * second half are the domain's refusals; a test holds them against the source.
 */
export const PROBLEMS = {
  MALFORMED_REQUEST: [400, "The request cannot be read"],
  MALFORMED_JSON: [400, "The body is not JSON"],
  UNAUTHENTICATED: [401, "A valid access token is needed"],
  TOKEN_EXPIRED: [401, "The access token has expired"],
  INVALID_CREDENTIALS: [401, "E-mail and password do not match"],
  INVALID_REFRESH_TOKEN: [401, "The refresh token is not valid"],
  FORBIDDEN: [403, "Not allowed"],
  NOT_FOUND: [404, "There is no such thing"],
  METHOD_NOT_ALLOWED: [405, "The resource does not know this method"],
  CONFLICT: [409, "The state of the resource does not allow it"],
  PAYLOAD_TOO_LARGE: [413, "The body is too large"],
  UNSUPPORTED_MEDIA_TYPE: [415, "The body must be uncompressed JSON in UTF-8"],
  UPGRADE_REQUIRED: [426, "The address is for WebSockets"],
  VALIDATION_FAILED: [422, "The request is not valid"],
  ORDER_DENIED: [422, "The order was denied"],
  INSUFFICIENT_DATA: [422, "There is not enough data"],
  RANGE_TOO_LARGE: [422, "The range holds too much for one answer"],
  IDEMPOTENCY_KEY_REUSED: [422, "The key was used with another body"],
  RATE_LIMITED: [429, "Too many requests"],
  TOO_MANY_ATTEMPTS: [429, "Too many failed attempts"],
  INTERNAL_ERROR: [500, "Something went wrong on our side"],
  UNAVAILABLE: [503, "A dependency is not available"],
  OVERLOADED: [503, "Too much is waiting"],
  TIMED_OUT: [503, "The answer did not come in time"],
  OUTCOME_UNKNOWN: [503, "It is not known whether it was done"],

  ORDER_NOT_FOUND: [404, "There is no such order"],
  ORDER_EXISTS: [409, "The order exists with other terms"],
  ORDER_CLOSED: [409, "The order is closed"],
  GROUP_NOT_FOUND: [404, "There is no such group of orders"],
  GROUP_EXISTS: [409, "The group of orders exists with other terms"],
  GROUP_CLOSED: [409, "All orders of the group are closed"],
  ORDER_NOT_AMENDABLE: [409, "The order cannot be amended now"],
  AMEND_PENDING: [409, "Another amendment is under way"],
  AMEND_INVALID: [422, "The order has no such term"],
  BROKER_ACCOUNT_IN_USE: [409, "Open orders go through the account"],
  BROKER_REFUSED: [409, "The broker refuses the account"],
  BROKER_UNREACHABLE: [409, "The broker of the account could not be asked"],
  BROKER_HAS_NO_VIEW: [409, "The broker has nothing of that kind to show"],
  CREDENTIALS_UNREADABLE: [409, "The account's credentials cannot be read"],
  TOO_MANY_ACCOUNTS: [409, "The owner has as many accounts as are allowed"],
  PORTFOLIO_NOT_FOUND: [404, "There is no such portfolio"],
  PORTFOLIO_EXISTS: [409, "The portfolio exists with other terms"],
  PORTFOLIO_CLOSED: [409, "The portfolio is closed"],
  PORTFOLIO_NOT_FLAT: [409, "The portfolio still has positions or open orders"],
  OVERRIDE_ENDED: [422, "The override would end before it begins"],
  POSITION_NOT_HELD: [409, "The portfolio does not hold the symbol"],
  OPEN_ORDERS_IN_SYMBOL: [409, "Orders in the symbol are open"],
  ORDERS_NOT_ADJUSTABLE: [409, "Orders in the symbol cannot be adjusted to the split"],
  WITHDRAWAL_EXCEEDS_CASH: [409, "There is not so much settled and free cash"],
  CONVERSION_EXCEEDS_CASH: [409, "There is not so much settled and free cash to convert"],
  CURRENCY_NOT_ALLOWED: [422, "The portfolio does not keep the currency"],
  FX_RATE_MISSING: [422, "Nobody knows what the currency is worth"],
  AMOUNT_TOO_SMALL: [422, "The amount is worth less than the smallest unit"],
  SPLIT_LEAVES_FRACTION: [422, "The split leaves a fraction of a lot"],
  TRADE_SETTLED: [409, "The trade has nothing left to settle"],
  ALLOCATION_EXCEEDS_TRADE: [409, "The trade has not so much left to allocate"],
  ALLOCATION_NOT_COVERED: [409, "The portfolio cannot give so much away"],
  CL_ORD_ID_REUSED: [409, "The clOrdId was used for another order"],
  SYMBOL_MISMATCH: [422, "The message is about another symbol"],
  SIZE_IS_ZERO: [422, "There is nothing to order"],
  INFEASIBLE: [422, "The constraints cannot be kept together"],
  FEATURE_UNKNOWN: [422, "There is no such feature"],
  FEATURE_PARAMETER_INVALID: [422, "A parameter of the feature is not valid"],
  FORMULA_INVALID: [422, "The formula cannot be read"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(value: unknown): value is ProblemCode {
  return typeof value === "string" && Object.hasOwn(PROBLEMS, value);
}

export const PROBLEM_CODES: readonly ProblemCode[] = Object.keys(PROBLEMS).filter(isProblemCode);
