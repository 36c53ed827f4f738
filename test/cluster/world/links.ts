import { type TcpProxy, proxyTo } from "../../support/tcp-proxy.ts";
import type { OwnNats } from "./nats.ts";
import type { OwnPostgres } from "./postgres.ts";

/** The wires of one node, each of which can be spoilt by itself. */
export interface Links {
  readonly nats: TcpProxy;
  readonly postgres: TcpProxy;
  /** to the broker; null while no broker is outside */
  readonly broker: TcpProxy | null;
  /** with a user of the node's own, so that PostgreSQL knows who writes */
  readonly databaseUrl: string;
}

export type LinkName = "nats" | "postgres" | "broker";

interface Servers {
  readonly nats: OwnNats;
  readonly postgres: OwnPostgres;
  readonly database: string;
  readonly brokerUrl: string | null;
}

export async function makeLinks(
  nodeId: string,
  { nats, postgres, database, brokerUrl }: Servers,
  random: () => number,
): Promise<Links> {
  const toPostgres = await proxyTo(postgres.url(nodeId, database), 5432, random);
  return {
    nats: await proxyTo(nats.url, 4222, random),
    postgres: toPostgres,
    broker: brokerUrl === null ? null : await proxyTo(brokerUrl, 80, random),
    databaseUrl: toPostgres.url,
  };
}

export function wiresOf({ nats, postgres, broker }: Links): readonly TcpProxy[] {
  return broker === null ? [nats, postgres] : [nats, postgres, broker];
}
