import type { Pools } from "../mixins/actor/ids.ts";

/**
 * Which core service hosts which types of actors, and does which duties: data 0, ai 1, risk 2, execution 3. The database knows
 * the numbers of actors (models/migrations/0005-cluster.sql): they are for ever.
 */
export const ACTOR_POOLS: Pools = {
  symbol: 0,
  feed: 0,
  portfolio: 2,
  risk: 2,
  margin: 2,
  corporateActions: 2,
  order: 3,
  algo: 3,
  group: 3,
  venue: 3,
  settlement: 3,
};
