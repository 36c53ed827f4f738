import type { Json } from "../../../domain/shared/json.ts";

export const BROKER_KINDS = ["paper", "alpaca", "ccxt", "fix"] as const;
export type BrokerKind = (typeof BROKER_KINDS)[number];

/** @throws Error for a kind that this build does not have: a newer one has stored it */
export function brokerKindOf(name: string): BrokerKind {
  const kind = BROKER_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Error(`expected a kind of broker, found ${name}`);
  return kind;
}

/** An account at a broker with its secrets in the clear: lives in memory only, and is never logged. */
export interface BrokerAccount {
  readonly accountId: string;
  readonly tenantId: string;
  readonly broker: BrokerKind;
  readonly name: string;
  /** what its execution reports call themselves; orders that go through it carry it */
  readonly venue: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly settings: { readonly [name: string]: Json };
}

/** What is wrong with an account's settings or credentials: each is answered as a field error. */
export interface SettingFault {
  /** `settings.host`, `credentials.apiKey` */
  readonly path: string;
  readonly message: string;
}
