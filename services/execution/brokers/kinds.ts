import type { Json } from "../../../domain/shared/json.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import { PAPER_FEES } from "../../../domain/execution/fees.ts";
import { dearestBps } from "../../../domain/execution/paper-settings.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerAccount, BrokerKind, SettingFault } from "./account.ts";
import type { Broker } from "./broker.ts";

/** What there is to know of a kind of broker. */
export interface KindModule {
  readonly check: (
    credentials: Readonly<Record<string, string>>,
    settings: { readonly [name: string]: Json },
  ) => readonly SettingFault[];
  readonly create: (node: NodeContext, account: BrokerAccount) => Broker;
}

/** Loaded when the first account of a kind is used: a library of a hundred exchanges is not for those who use none. */
export type Kinds = Readonly<Record<BrokerKind, () => Promise<KindModule>>>;

export const KINDS: Kinds = {
  paper: async () => {
    const { createPaperBroker, checkPaperSettings } = await import("./paper.broker.ts");
    // The one that every installation has is nobody's account.
    const create: KindModule["create"] = (node, account) =>
      createPaperBroker(node, account.tenantId === "" ? null : account);
    return { create, check: checkPaperSettings };
  },
  alpaca: async () => {
    const { createAlpacaBroker } = await import("./alpaca.broker.ts");
    const { checkAlpacaSettings } = await import("./alpaca-settings.ts");
    return { create: createAlpacaBroker, check: checkAlpacaSettings };
  },
  ccxt: async () => {
    const { createCcxtBroker, checkCcxtSettings } = await import("./ccxt.broker.ts");
    return { create: createCcxtBroker, check: checkCcxtSettings };
  },
  fix: async () => {
    const { createFixBroker, checkFixSettings } = await import("./fix.broker.ts");
    return { create: createFixBroker, check: checkFixSettings };
  },
};

/**
 * What an account's reports call themselves. Executions are told apart by venue and execId, and brokers number theirs each in
 * its own way, so that every account has a venue of its own.
 */
export function venueOf(broker: BrokerKind, accountId: string): string {
  return `${broker.toUpperCase()}:${accountId}`;
}

/**
 * Basis points that the pre-trade check sets aside for fees, unless the account's settings name others. Null: nobody can know
 * but the account's owner, who has to say. Alpaca takes no commission, and its reports carry no fees.
 */
const FEE_BPS: Readonly<Record<BrokerKind, DecimalString | null>> = {
  paper: PAPER_FEES.takerBps,
  alpaca: "0",
  ccxt: null,
  fix: null,
};

/** Plain, not negative, and at most 1,000: a tenth of what is traded. */
const FEE = /^\d{1,3}(?:\.\d{1,6})?$|^1000$/;

/** Settings that every kind has; an adapter's own check does not see them. */
export function checkCommon(
  broker: BrokerKind,
  { feeBps }: { readonly [name: string]: Json },
): readonly SettingFault[] {
  if (typeof feeBps === "string" && FEE.test(feeBps)) return [];
  if (feeBps === undefined && FEE_BPS[broker] !== null) return [];
  const message = 'must be basis points as a string between "0" and "1000", such as "2.5"';
  return [{ path: "settings.feeBps", message }];
}

/** @throws Error when the account was stored without what `checkCommon` asks for */
export function feeBpsOf({
  broker,
  settings,
}: Pick<BrokerAccount, "broker" | "settings">): DecimalString {
  const { feeBps } = settings;
  const usual = broker === "paper" ? dearestBps(settings) : FEE_BPS[broker];
  const found = typeof feeBps === "string" ? feeBps : usual;
  if (found === null) throw new Error(`expected settings.feeBps of a ${broker} account`);
  return found;
}
