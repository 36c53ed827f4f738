import { isRecord } from "../../../mixins/rest/schema.ts";
import type { NewAccount, StoredAccount } from "../../../models/broker-accounts.ts";
import { accountsSealedOtherwise, resealAccount } from "../../../models/broker-accounts.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerAccount } from "./account.ts";
import { brokerKindOf } from "./account.ts";
import { CredentialsUnreadable, openSealer } from "./sealing.ts";
import type { Envelope, Sealer } from "./sealing.ts";

/** What an envelope holds. */
export interface Sealed {
  readonly credentials: Readonly<Record<string, string>>;
  /** of the request that made the account, secrets included: it can be compared, and not be guessed from outside */
  readonly requestHash: string | null;
}

type Whose = Pick<NewAccount, "accountId" | "tenantId">;

/** Seals and opens what broker accounts keep secret. */
export class Secrets {
  readonly #node: NodeContext;
  #sealer: Sealer | null = null;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /**
   * Loads the keys, and seals with the first what was sealed with another.
   * @throws Error naming the variable when its keys cannot be used
   */
  async start(): Promise<void> {
    const { config, log, pool } = this.#node;
    const sealer = await openSealer(config.credentials, config.dataDir);
    this.#sealer = sealer;
    if (config.credentials.kind === "generated" && config.databaseUrl !== null)
      log.warn(
        "the key of broker credentials is this node's own: other nodes on this database cannot read what it seals. Set CREDENTIALS_KEY or CREDENTIALS_KEY_FILE on all of them",
      );
    for (const account of await accountsSealedOtherwise(pool, sealer.keyId))
      await this.#reseal(sealer, account);
  }

  seal(sealed: Sealed, whose: Whose): Envelope {
    return this.#started().seal(JSON.stringify(sealed), whose);
  }

  /** @throws CredentialsUnreadable */
  open({ sealed, accountId, tenantId }: Whose & Pick<StoredAccount, "sealed">): Sealed {
    const found: unknown = JSON.parse(this.#started().open(sealed, { accountId, tenantId }));
    const credentials = isRecord(found) ? textsOf(found["credentials"]) : null;
    if (credentials === null || !isRecord(found))
      throw new CredentialsUnreadable(accountId, "the envelope holds something else");
    const { requestHash } = found;
    return { credentials, requestHash: typeof requestHash === "string" ? requestHash : null };
  }

  /** The account with its secrets. @throws CredentialsUnreadable */
  async accountOf(account: StoredAccount): Promise<BrokerAccount> {
    const { accountId, tenantId, broker, name, venue, settings } = account;
    const { credentials } = this.open(account);
    const kind = brokerKindOf(broker);
    return { accountId, tenantId, broker: kind, name, venue, credentials, settings };
  }

  #started(): Sealer {
    if (this.#sealer === null) throw new Error("the keys of credentials are not loaded yet");
    return this.#sealer;
  }

  async #reseal(sealer: Sealer, account: StoredAccount): Promise<void> {
    const { accountId, tenantId, sealed } = account;
    const { log, pool } = this.#node;
    try {
      const whose = { accountId, tenantId };
      await resealAccount(pool, account, sealer.seal(sealer.open(sealed, whose), whose));
      log.info({ accountId, keyId: sealer.keyId }, "a broker account was sealed anew");
    } catch (err) {
      if (!(err instanceof CredentialsUnreadable)) throw err;
      log.error({ alarm: "credentialsUnreadable", accountId, err }, "a broker account is unusable");
    }
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> | null {
  if (!isRecord(value)) return null;
  const texts: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") return null;
    texts.push([name, text]);
  }
  return Object.fromEntries(texts);
}
