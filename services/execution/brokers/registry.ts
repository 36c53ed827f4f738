import { mayRead, ROLES } from "../../../mixins/rest/permissions.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import type { StoredAccount } from "../../../models/broker-accounts.ts";
import { accountVersions, findAccounts } from "../../../models/broker-accounts.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerAccount } from "./account.ts";
import { brokerKindOf } from "./account.ts";
import type { Broker, BrokerAbilities } from "./broker.ts";
import { KINDS, feeBpsOf } from "./kinds.ts";
import type { Kinds } from "./kinds.ts";
import { CredentialsUnreadable } from "./sealing.ts";
import type { Secrets } from "./secrets.ts";

/** One a node. */
const MADE = new WeakMap<NodeContext, BrokerRegistry>();

/** Makes the registry known to the services of its node, which ask it before every order and need no message for that. */
export function shareBrokers(node: NodeContext, registry: BrokerRegistry): void {
  MADE.set(node, registry);
}

export function brokersOf(node: NodeContext): BrokerRegistry {
  const registry = MADE.get(node);
  if (registry === undefined)
    throw new Error("the brokers of this node are asked before they are there");
  return registry;
}

/** How old what a node knows of the accounts may be; it hears of a change sooner when nothing is lost. */
const REFRESH_MS = 2_000;

/** Where an order shall go, and for whom. */
export interface RouteAsked {
  readonly venue: string;
  readonly brokerAccountId?: string;
  readonly tenantId: string;
  readonly userId: string;
  /** absent where nobody asks: a child of a schedule, say. Then the account has to be the user's own */
  readonly role?: string;
}

export type BrokerRoute =
  | {
      readonly venue: string;
      /** absent: the venue's own */
      readonly accountId?: string;
      readonly abilities: BrokerAbilities;
      /** what the pre-trade check is to set aside for fees */
      readonly feeBps: DecimalString;
    }
  | {
      readonly problem: "VENUE_NOT_FOUND" | "BROKER_ACCOUNT_NOT_FOUND" | "BROKER_ACCOUNT_DISABLED";
      readonly message: string;
    };

/** What a payload says of the broker that it is for. */
export interface BrokerAddress {
  readonly venue: string;
  readonly accountId?: string;
}

/** An account with the adapter that speaks for it on this node. */
interface Entry {
  readonly account: Pick<BrokerAccount, "accountId" | "broker" | "venue" | "settings">;
  /** null: of the environment, for everybody */
  readonly stored: StoredAccount | null;
  /** what the pre-trade check is to set aside; it follows from the settings */
  readonly feeBps: () => DecimalString;
  /** made when it is asked for first */
  readonly broker: () => Promise<Broker>;
  /** Nothing of it goes on, on this node, once it answers; calls that are under way are answered. */
  readonly end: () => Promise<void>;
}

/**
 * Which adapter speaks for which account, on one node. Adapters are made on demand and dropped when their account changes;
 * what each follows (`updates`) is the duty of one node at a time. Everything is asked from memory.
 */
export class BrokerRegistry {
  readonly #node: NodeContext;
  readonly #kinds: Kinds;
  readonly #secrets: Secrets;
  readonly #builtIn = new Map<string, Entry>();
  readonly #entries = new Map<string, Entry>();
  /** the end of the one before: two of one account must not follow it at once */
  readonly #endings = new Map<string, Promise<void>>();
  #timer: Timer | null = null;
  #refreshing: Promise<void> = Promise.resolve();
  #isStopped = true;

  constructor(node: NodeContext, secrets: Secrets, kinds: Kinds = KINDS) {
    this.#node = node;
    this.#secrets = secrets;
    this.#kinds = kinds;
  }

  /** @param builtIn accounts of the environment: each is its venue's own */
  async start(builtIn: readonly BrokerAccount[]): Promise<void> {
    this.#isStopped = false;
    for (const account of builtIn) this.#builtIn.set(account.venue, this.#open(account, null));
    await this.refresh();
    this.#next();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Those that match by the market data of this installation. */
  async matching(): Promise<readonly Broker[]> {
    const all = [...this.#builtIn.values(), ...this.#entries.values()];
    const paper = all.filter(({ account }) => account.broker === "paper");
    return Promise.all(paper.map(({ broker }) => broker()));
  }

  async route(asked: RouteAsked): Promise<BrokerRoute> {
    const { venue, brokerAccountId } = asked;
    if (brokerAccountId === undefined) {
      const own = this.#builtIn.get(venue);
      const message = `no broker trades on ${venue}`;
      return own === undefined ? { problem: "VENUE_NOT_FOUND", message } : routeTo(own, venue);
    }
    const entry = await this.#entryOf(brokerAccountId);
    if (entry === null || !isTheirs(entry, asked)) {
      const message = `there is no broker account ${brokerAccountId}`;
      return { problem: "BROKER_ACCOUNT_NOT_FOUND", message };
    }
    if (entry.stored?.status === "disabled") {
      const message = `broker account ${brokerAccountId} is disabled`;
      return { problem: "BROKER_ACCOUNT_DISABLED", message };
    }
    try {
      return await routeTo(entry, venue);
    } catch (error) {
      if (!(error instanceof CredentialsUnreadable)) throw error;
      return { problem: "BROKER_ACCOUNT_DISABLED", message: error.message };
    }
  }

  /** Null when no broker trades there, or the account is gone. @throws when it is there and cannot be used */
  async find({ venue, accountId }: BrokerAddress): Promise<Broker | null> {
    const entry =
      accountId === undefined ? this.#builtIn.get(venue) : await this.#entryOf(accountId);
    return entry === undefined || entry === null ? null : entry.broker();
  }

  /** The account of the environment that has this name; theirs are their venues. */
  builtIn(accountId: string): Entry["account"] | null {
    return this.#builtIn.get(accountId)?.account ?? null;
  }

  /** The node that follows the account, as far as this one knows. */
  holderOf({ venue, accountId }: BrokerAddress): string | null {
    return this.#node.actorSystem.ownerOf(dutyOf(accountId ?? venue));
  }

  /** An account was added, changed or deleted: answered when this node knows of it. */
  async changed(accountId: string): Promise<void> {
    await this.#take([accountId]);
  }

  /** Reads what has changed since the last time. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refresh());
    return this.#refreshing;
  }

  #next(): void {
    if (this.#isStopped) return;
    this.#timer = this.#node.clock.setTimer(REFRESH_MS, () => {
      this.refresh()
        .catch((err: unknown) => this.#node.log.warn({ err }, "broker accounts cannot be read"))
        .finally(() => this.#next());
    });
  }

  async #refresh(): Promise<void> {
    const versions = await accountVersions(this.#node.pool);
    const known = [...this.#entries].map(([id, { stored }]) => [id, stored?.version] as const);
    const gone = known.filter(([id]) => !versions.has(id)).map(([id]) => id);
    const other = [...versions].filter(([id, version]) => version !== this.#versionOf(id));
    if (gone.length + other.length > 0) await this.#take([...gone, ...other.map(([id]) => id)]);
  }

  #versionOf(accountId: string): number | undefined {
    return this.#entries.get(accountId)?.stored?.version;
  }

  async #take(ids: readonly string[]): Promise<void> {
    const found = await findAccounts(this.#node.pool, ids);
    const byId = new Map(found.map((account) => [account.accountId, account]));
    for (const id of ids) this.#replace(id, byId.get(id) ?? null);
  }

  /** An answer that was under way may be older than what is known. */
  #replace(accountId: string, account: StoredAccount | null): void {
    const entry = this.#entries.get(accountId);
    if (account !== null && (entry?.stored?.version ?? 0) >= account.version) return;
    if (entry !== undefined) {
      this.#entries.delete(accountId);
      const ending = entry.end().finally(() => {
        if (this.#endings.get(accountId) === ending) this.#endings.delete(accountId);
      });
      this.#endings.set(accountId, ending);
    }
    if (account !== null && !this.#isStopped)
      this.#entries.set(accountId, this.#open(account, account));
  }

  async #entryOf(accountId: string): Promise<Entry | null> {
    const known = this.#builtIn.get(accountId) ?? this.#entries.get(accountId);
    if (known !== undefined) return known;
    await this.#take([accountId]);
    return this.#entries.get(accountId) ?? null;
  }

  #open(account: BrokerAccount | StoredAccount, stored: StoredAccount | null): Entry {
    const broker = brokerKindOf(account.broker);
    const { accountId, venue, settings } = account;
    const part = this.#node.dependencies.part();
    const making = remembered(async () => {
      const { create } = await this.#kinds[broker]();
      const whole = "credentials" in account ? account : await this.#secrets.accountOf(account);
      return create(withPart(this.#node, part), whole);
    });
    const work = this.#follow(accountId, making);
    const end = this.#node.actorSystem.onDuty(dutyOf(accountId), work);
    return {
      account: { accountId, broker, venue, settings },
      stored,
      feeBps: once(() => feeBpsOf({ broker, settings })),
      broker: making,
      end: () => {
        part.end();
        return end();
      },
    };
  }

  #follow(accountId: string, broker: () => Promise<Broker>): Work {
    let followed: Work | null = null;
    return {
      start: async () => {
        await this.#endings.get(accountId);
        try {
          followed = (await broker()).updates ?? null;
        } catch (error) {
          if (!(error instanceof CredentialsUnreadable)) throw error;
          // Trying again does not help: whoever enters them again makes a new version of the account.
          const alarm = "credentialsUnreadable";
          this.#node.log.error({ alarm, accountId, err: error }, "orders there are not followed");
        }
        await followed?.start();
      },
      stop: async () => {
        await followed?.stop();
        followed = null;
      },
    };
  }
}

function dutyOf(accountId: string) {
  return { type: "venue", id: accountId };
}

/** @param asked one of the account's further venues, or any other for its own */
async function routeTo(
  { account, stored, broker, feeBps }: Entry,
  asked: string,
): Promise<BrokerRoute> {
  const { abilities, venues = [] } = await broker();
  return {
    venue: venues.includes(asked) ? `${account.venue}/${asked}` : account.venue,
    ...(stored !== null && { accountId: account.accountId }),
    abilities,
    feeBps: feeBps(),
  };
}

function isTheirs({ stored }: Entry, { tenantId, userId, role: name }: RouteAsked): boolean {
  if (stored === null) return true;
  const role = ROLES.find((known) => known === name) ?? "viewer";
  return mayRead({ tenantId, userId, role }, stored);
}

/** The rest of the node is as it is; its members are looked up when they are used. */
function withPart(node: NodeContext, dependencies: NodeContext["dependencies"]): NodeContext {
  return Object.create(node, {
    dependencies: { value: dependencies, enumerable: true },
  });
}

/** A promise that is kept once it came true; a failure is tried again. */
function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** What was worked out once is kept; a failure is tried again. */
function once<T>(work: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => (known ??= { value: work() }).value;
}
