/**
 * What brokers know our orders by. An order's id is its first client order id; an amendment that makes a new order at the
 * broker needs an id of its own, from which the order can be told without a book of ids. 36 characters hold both: Binance
 * and Kraken take no more (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints).
 */

/** `r` and three digits are what 36 characters leave beside a UUID without its dashes. */
const REVISION_MAX = 999;

/** Of version 5: what a broker or a person makes up is of version 4, or no UUID at all. */
const ORDER_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-(5[0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/;
const REVISED =
  /^([0-9a-f]{8})([0-9a-f]{4})(5[0-9a-f]{3})([89ab][0-9a-f]{3})([0-9a-f]{12})r([1-9]\d{0,2})$/;

/**
 * @param orderId  a UUID of version 5 in lower case
 * @param revision 0 for the order as it was placed, 1 for its first amendment, and so on
 * @returns at most 36 characters: the order's id itself, or its digits with `r` and the revision
 * @throws RangeError for an id of another shape, and for more than 999 amendments
 */
export function clientIdOf(orderId: string, revision: number): string {
  if (!ORDER_ID.test(orderId)) throw new RangeError(`expected an order's id, found ${orderId}`);
  if (!Number.isInteger(revision) || revision < 0 || revision > REVISION_MAX)
    throw new RangeError(`expected a revision from 0 to ${REVISION_MAX}, found ${revision}`);
  return revision === 0 ? orderId : `${orderId.replaceAll("-", "")}r${revision}`;
}

/** The order that a client order id belongs to; null for an id that is not of our making. */
export function orderIdOf(clientId: string): string | null {
  if (ORDER_ID.test(clientId)) return clientId;
  const parts = REVISED.exec(clientId);
  return parts === null ? null : parts.slice(1, 6).join("-");
}

/** Which amendment of its order it names, 0 for the order as it was placed; null for an id that is not of our making. */
export function revisionOf(clientId: string): number | null {
  if (ORDER_ID.test(clientId)) return 0;
  const revision = REVISED.exec(clientId)?.[6];
  return revision === undefined ? null : Number(revision);
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = BigInt(DIGITS.length);
/** 62^22 is the first power above 2^128. */
const SHORT_LENGTH = 22;
const SHORT = /^[0-9A-Za-z]{22}$/;

/**
 * An order's id where 32 digits are too many: the same 128 bits as a number of 22 letters and digits, so that no two orders
 * share one, and the order can be told from it without a book of ids.
 * @throws RangeError for an id of another shape
 */
export function shortIdOf(orderId: string): string {
  let rest = BigInt(`0x${clientIdOf(orderId, 0).replaceAll("-", "")}`);
  let short = "";
  for (let digit = 0; digit < SHORT_LENGTH; digit++) {
    short = DIGITS.charAt(Number(rest % BASE)) + short;
    rest /= BASE;
  }
  return short;
}

/** The order that a short id belongs to; null for an id that is not of our making. */
export function orderIdOfShort(short: string): string | null {
  if (!SHORT.test(short)) return null;
  let value = 0n;
  for (const digit of short) value = value * BASE + BigInt(DIGITS.indexOf(digit));
  const hex = value.toString(16).padStart(32, "0");
  return hex.length > 32 ? null : orderIdOf(`${hex}r1`);
}
