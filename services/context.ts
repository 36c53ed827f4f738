import type { ServiceBroker, ServiceSchema } from "moleculer";
import type { Documents } from "../models/documents/connect.ts";
import type { Pool } from "../models/postgres/pool.ts";
import type { ActorClient } from "../mixins/actor/client.ts";
import type { ActorKind } from "../mixins/actor/kind.ts";
import type { ActorSystem } from "../mixins/actor/system.ts";
import type { Clock } from "../mixins/clock.ts";
import type { Compute } from "../mixins/compute/compute.ts";
import type { Metrics } from "../mixins/metrics.ts";
import type { DependencyBook } from "../mixins/resilience/dependency.ts";
import type { Distribution } from "./bus/distribution.ts";
import type { Config } from "./config.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { Logger } from "./logging.ts";

/** What the services of one node share. Made once, at start; nothing in it is global. */
export interface NodeContext {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** what is called over the network: a breaker and a timeout for each */
  readonly dependencies: DependencyBook;
  readonly pool: Pool;
  /** mongoose, over MongoDB or over PostgreSQL: models are made on its connection */
  readonly documents: Documents;
  readonly broker: ServiceBroker;
  /** facts for streams: what happened, to whoever listens */
  readonly live: LiveFeed;
  /** committed events, to whoever follows them */
  readonly bus: Distribution;
  /** long work that users ask for; a module adds the kinds that it runs before the node starts */
  readonly jobs: Jobs;
  /** threads for what would hold up the event loop; none runs before the first is needed */
  readonly compute: Compute;
  readonly newId: () => string;
  /** there once the kinds of actors are known, which is before any service starts */
  readonly actors: ActorClient;
  readonly actorSystem: ActorSystem;
}

/** A core service: a folder of Moleculer services with the kinds of actors that live in it. */
export interface NodeModule {
  readonly kinds: (node: NodeContext) => readonly ActorKind[];
  readonly services: (node: NodeContext) => readonly ServiceSchema[];
}
