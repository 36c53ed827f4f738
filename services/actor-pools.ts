import type { Pools } from "../mixins/actor/ids.ts";

/**
 * Which core service hosts which types of actors: data 0, ai 1, risk 2, execution 3. The database knows the numbers
 * (models/migrations/0005-cluster.sql): they are for ever.
 */
export const ACTOR_POOLS: Pools = {
  symbol: 0,
  feed: 0,
  portfolio: 2,
  order: 3,
  algo: 3,
  group: 3,
  venue: 3,
  settlement: 3,
};
