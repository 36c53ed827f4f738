import type { Config } from "../config.ts";
import { BusAway } from "./distribution.ts";
import type { Distribution, RepublishReport } from "./distribution.ts";
import { busNames } from "./event-message.ts";
import { EventStream } from "./event-stream.ts";
import { InProcessBus } from "./in-process.ts";
import { JetStreamBus } from "./jetstream-bus.ts";
import type { BusPorts, BusSettings } from "./jetstream-bus.ts";
import { NatsLink } from "./nats-link.ts";
import { Republisher } from "./republish.ts";

const DUPLICATE_WINDOW_MS = 120_000;
const CONNECTED_WITHIN_MS = 5_000;

/** The bus that the configuration asks for: JetStream where NATS is named, else one inside the process. */
export function openBus(
  config: Config,
  ports: Omit<BusPorts, "nodeId" | "hasStreams">,
): Distribution {
  const settings = settingsOf(config);
  if (settings === null) return new InProcessBus(ports.live);
  const { nodeId, services } = config;
  return new JetStreamBus(settings, { ...ports, nodeId, hasStreams: services.includes("gateway") });
}

/** In words for people. */
export function busDescription({ natsServers, bus }: Config): string {
  return natsServers === null ? "in process" : `JetStream ${busNames(bus.namespace).stream}`;
}

/**
 * Republishes from outside of any node.
 * @throws BusAway when there is no NATS, BusBusy when a node does the same
 */
export async function republishOnce(
  config: Config,
  ports: Pick<BusPorts, "pool" | "clock" | "log">,
  sinceMs = Number.NEGATIVE_INFINITY,
): Promise<RepublishReport> {
  const settings = settingsOf(config);
  if (settings === null) throw new BusAway();
  const names = busNames(settings.namespace);
  const link = new NatsLink({ ...ports, servers: settings.servers, name: `${config.nodeId}:once` });
  const stream = new EventStream(names, settings);
  link.start();
  try {
    await link.within(CONNECTED_WITHIN_MS);
    const republisher = new Republisher({ ...ports, link, stream, name: names.stream });
    return await republisher.fromScratch(sinceMs);
  } finally {
    await link.stop();
  }
}

function settingsOf({ natsServers: servers, bus }: Config): BusSettings | null {
  return servers && { ...bus, servers, duplicateWindowMs: DUPLICATE_WINDOW_MS };
}
