import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { isPermitted, mayRead } from "../../mixins/rest/permissions.ts";
import { conflict, notFound, RestError } from "../../mixins/rest/rest-error.ts";
import type { BrokerAccountView } from "../../mixins/rest/routes/brokers.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { AccountChanges, StoredAccount } from "../../models/broker-accounts.ts";
import { changeAccount, findAccount, insertAccount } from "../../models/broker-accounts.ts";
import type { EventMap, RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { checkAccount } from "./brokers/account-check.ts";
import { toAccountView } from "./brokers/account-views.ts";
import { brokerKindOf } from "./brokers/account.ts";
import { venueOf } from "./brokers/kinds.ts";
import type { BrokerRegistry } from "./brokers/registry.ts";
import { CredentialsUnreadable } from "./brokers/sealing.ts";
import type { Secrets } from "./brokers/secrets.ts";

const NAMESPACE = "7f4be0c9-5a1d-4c8e-8c36-b19e7d02a5f3";
/** Each is a line to a broker that some node holds. */
const PER_OWNER_MAX = 1_000;

type Params<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** What accounts are kept with. */
export interface AccountParts {
  readonly node: NodeContext;
  readonly registry: BrokerRegistry;
  readonly secrets: Secrets;
}

/** The account itself, for whoever may see it. @throws RestError 404 */
export async function owned(
  { node }: AccountParts,
  user: RequestUser,
  accountId: string,
): Promise<StoredAccount> {
  const account = await findAccount(node.pool, accountId);
  if (account === null || !mayRead(user, account)) throw notFound("broker account", accountId);
  return account;
}

/** An account of the environment is shown to those who look after the installation. */
export function builtInOf({ registry }: AccountParts, user: RequestUser, accountId: string) {
  return isPermitted(user.role, "system.operate") ? registry.builtIn(accountId) : null;
}

function refuseBuiltIn(it: AccountParts, user: RequestUser, accountId: string): void {
  if (builtInOf(it, user, accountId) !== null)
    throw conflict(`${accountId} is configured by the environment, and cannot be changed here`);
}

/** The account's id follows from the idempotency key, so that a repeat finds the same account. */
export async function createAccount(
  it: AccountParts,
  ctx: Params<"broker-accounts.create">,
): Promise<BrokerAccountView> {
  const { node, secrets } = it;
  const user = userOf(ctx);
  const { broker, name, credentials, settings } = ctx.params;
  await checkAccount(node.config, broker, credentials, settings);
  const { tenantId, userId: ownerId } = user;
  const key = ctx.meta.idempotencyKey;
  const accountId =
    key === undefined ? node.newId() : uuidv5(NAMESPACE, `key:${tenantId}:${ownerId}:${key}`);
  const requestHash = bodyHash(ctx.params);
  const envelope = secrets.seal({ credentials, requestHash }, { accountId, tenantId });
  const venue = venueOf(broker, accountId);
  const account = { accountId, tenantId, ownerId, broker, name, venue, settings, ...envelope };
  // What is hashed here is stored in the clear: of credentials their names only.
  const hash = bodyHash({ broker, name, settings, credentials: Object.keys(credentials) });
  const outcome = await insertAccount(node.pool, account, {
    nowMs: node.clock.now(),
    perOwnerMax: PER_OWNER_MAX,
    ...(key !== undefined && { requestKey: { scope: `broker-accounts:${ownerId}`, key, hash } }),
  });
  if (outcome === "tooMany")
    throw new RestError("TOO_MANY_ACCOUNTS", `an owner has ${PER_OWNER_MAX} accounts at most`);
  if (outcome === "used") {
    const before = await replayed(it, accountId, requestHash);
    ctx.meta.isReplay = true;
    return before;
  }
  await tellAll(it, ctx, accountId);
  return toAccountView(secrets, await owned(it, user, accountId));
}

/** @throws RestError 422 when the key came with another body, 409 when the account is gone */
async function replayed(
  { node, secrets }: AccountParts,
  accountId: string,
  requestHash: string,
): Promise<BrokerAccountView> {
  const account = await findAccount(node.pool, accountId);
  if (account === null)
    throw conflict("the account that was made with this Idempotency-Key was deleted since");
  const before = readable(() => secrets.open(account)).requestHash;
  if (before === requestHash) return toAccountView(secrets, account);
  const message = "this Idempotency-Key was used with another account";
  throw new RestError("IDEMPOTENCY_KEY_REUSED", message);
}

export async function updateAccount(
  it: AccountParts,
  ctx: Params<"broker-accounts.update">,
): Promise<BrokerAccountView> {
  const { node, secrets } = it;
  const user = userOf(ctx);
  const { accountId } = ctx.params;
  refuseBuiltIn(it, user, accountId);
  const before = await owned(it, user, accountId);
  const changes = await changesOf(it, before, ctx.params);
  const isElsewhere =
    changes.settings !== undefined && placeOf(changes.settings) !== placeOf(before.settings);
  const after = await changeAccount(node.pool, accountId, node.clock.now(), (now, openOrders) => {
    if (now.version !== before.version) throw conflict("it was changed meanwhile; look again");
    if (isElsewhere && openOrders > 0) throw inUse(openOrders);
    return changes;
  });
  await tellAll(it, ctx, accountId);
  if (after === null) throw notFound("broker account", accountId);
  return toAccountView(secrets, after);
}

async function changesOf(
  { node, secrets }: AccountParts,
  account: StoredAccount,
  { name, status, credentials, settings }: Params<"broker-accounts.update">["params"],
): Promise<AccountChanges> {
  const changes = {
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(settings !== undefined && { settings }),
  };
  if (credentials === undefined && settings === undefined) return changes;
  const known = credentials ?? readable(() => secrets.open(account)).credentials;
  const kind = brokerKindOf(account.broker);
  await checkAccount(node.config, kind, known, settings ?? account.settings);
  if (credentials === undefined) return changes;
  const requestHash = hashBefore(secrets, account);
  return { ...changes, ...secrets.seal({ credentials, requestHash }, account) };
}

/** Of the request that made the account, while it can be read: its repeat is then still known for one. */
function hashBefore(secrets: Secrets, account: StoredAccount): string | null {
  try {
    return secrets.open(account).requestHash;
  } catch (error) {
    if (error instanceof CredentialsUnreadable) return null;
    throw error;
  }
}

/** What of the settings decides where orders go. */
function placeOf({ feeBps: _fee, ...place }: StoredAccount["settings"]): string {
  return bodyHash(place);
}

export async function removeAccount(
  it: AccountParts,
  ctx: Params<"broker-accounts.remove">,
): Promise<null> {
  const user = userOf(ctx);
  const { accountId } = ctx.params;
  refuseBuiltIn(it, user, accountId);
  await owned(it, user, accountId);
  await changeAccount(it.node.pool, accountId, it.node.clock.now(), (_account, openOrders) => {
    if (openOrders > 0) throw inUse(openOrders);
    return "delete";
  });
  await tellAll(it, ctx, accountId);
  return null;
}

function inUse(openOrders: number): RestError {
  const message = `${openOrders} open orders go through it: cancel them, or wait for their end`;
  return new RestError("BROKER_ACCOUNT_IN_USE", message);
}

/** This node knows when it is answered; the others within a moment, and within seconds should the word be lost. */
async function tellAll(
  { registry }: AccountParts,
  ctx: RequestContext,
  accountId: string,
): Promise<void> {
  await registry.changed(accountId);
  await ctx.broadcast<EventMap["brokers.accountChanged"]>("brokers.accountChanged", { accountId });
}

/** @throws RestError 409 where nothing can be read */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CredentialsUnreadable)) throw error;
    throw new RestError("CREDENTIALS_UNREADABLE", error.message);
  }
}
