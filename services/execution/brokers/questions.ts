import { isLostDependency } from "../../../mixins/rest/lost-dependency.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import { errorCode } from "../../../models/postgres/error-code.ts";
import type { BrokerBreak } from "./breaks.ts";
import type {
  Broker,
  BrokerAccountView,
  BrokerBalance,
  BrokerOrder,
  BrokerPosition,
  BrokerTest,
} from "./broker.ts";
import { BrokerRefused } from "./broker-errors.ts";
import { CredentialsUnreadable } from "./sealing.ts";

/** What can be asked of an account at its broker. */
export interface AccountAnswers {
  readonly test: BrokerTest;
  readonly orders: readonly BrokerOrder[];
  readonly positions: readonly BrokerPosition[];
  readonly balances: readonly BrokerBalance[];
  readonly reconcile: readonly BrokerBreak[];
}
export type AccountQuestion = { readonly question: keyof AccountAnswers };

type Answer = AccountAnswers[keyof AccountAnswers];

/**
 * @param through does the work with the account's adapter, where that can be done; null when it is gone
 * @throws RestError 404, 409: whose account it is decides what the broker answers, so that no failure of it is ours
 */
export async function askAccount(
  what: string,
  question: keyof AccountAnswers,
  through: (work: (broker: Broker) => Promise<Answer>) => Promise<Answer | null>,
): Promise<Answer> {
  try {
    const answer = await through((broker) => ask(broker, question));
    if (answer !== null) return answer;
  } catch (error) {
    if (question === "test" && !(error instanceof RestError))
      return { isUsable: false, text: wordsOf(error) };
    throw asRestError(error);
  }
  throw new RestError("NOT_FOUND", `there is no broker account ${what}`);
}

function ask(broker: Broker, question: keyof AccountAnswers): Promise<Answer> {
  switch (question) {
    case "test":
      return viewOf(broker).test();
    case "orders":
      return viewOf(broker).openOrders();
    case "positions":
      return viewOf(broker).positions();
    case "balances":
      return viewOf(broker).balances();
    case "reconcile":
      return reconcile(broker);
  }
}

function viewOf({ name, account }: Broker): BrokerAccountView {
  if (account !== undefined) return account;
  throw new RestError("BROKER_HAS_NO_VIEW", `${name} keeps no account of its own to look at`);
}

async function reconcile(broker: Broker): Promise<AccountAnswers["reconcile"]> {
  if (broker.reconcile === undefined)
    throw new RestError("BROKER_HAS_NO_VIEW", `${broker.name} keeps no books to compare ours with`);
  return broker.reconcile();
}

function asRestError(error: unknown): unknown {
  if (error instanceof BrokerRefused) return new RestError("BROKER_REFUSED", error.message);
  if (error instanceof CredentialsUnreadable)
    return new RestError("CREDENTIALS_UNREADABLE", error.message);
  // Also when it came from the node that holds the line to the broker.
  if (error instanceof RestError && error.code !== 503) return error;
  if (isAnswered(error) || isOfOurStore(error)) return error;
  return new RestError("BROKER_UNREACHABLE", wordsOf(error));
}

/** Whether another node has found the words for it already. */
function isAnswered(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  return typeof error.code === "number" && error.code >= 400 && error.code < 500;
}

function isOfOurStore(error: unknown): boolean {
  return isLostDependency(errorCode(error), wordsOf(error)) && errorCode(error)?.length === 5;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
