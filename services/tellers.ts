import { tellOrder } from "./execution/order-stream.ts";
import type { Teller } from "./live-feed.ts";
import { tellPortfolio } from "./risk/portfolio-stream.ts";

/** By type of actor. On every node, because a gateway has streams of actors that it does not host. */
export const TELLERS: ReadonlyMap<string, Teller> = new Map([
  ["order", tellOrder],
  ["algo", tellOrder],
  ["portfolio", tellPortfolio],
]);
