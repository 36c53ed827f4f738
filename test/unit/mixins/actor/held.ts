import { settle } from "./manual-clock.ts";

/** A promise that the test settles by hand. */
export interface Held<T> {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (error: unknown) => void;
}

export function held<T = void>(): Held<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, open: resolve, fail: reject };
}

/** How a promise stands once everything that can happen without time passing has happened. */
export async function fate(
  promise: Promise<unknown>,
): Promise<{ readonly value: unknown } | { readonly error: unknown } | "pending"> {
  let now: { readonly value: unknown } | { readonly error: unknown } | "pending" = "pending";
  promise.then(
    (value) => (now = { value }),
    (error: unknown) => (now = { error }),
  );
  await settle();
  return now;
}
