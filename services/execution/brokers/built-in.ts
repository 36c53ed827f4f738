import type { Config } from "../../config.ts";
import type { BrokerAccount } from "./account.ts";

const EVERYBODY = "";

/** The accounts that are there without anybody's adding them: each is what its venue is traded through. */
export function builtInAccounts({ alpaca }: Pick<Config, "alpaca">): readonly BrokerAccount[] {
  const paper: BrokerAccount = {
    accountId: "PAPER",
    tenantId: EVERYBODY,
    broker: "paper",
    name: "Paper",
    venue: "PAPER",
    credentials: {},
    settings: {},
  };
  if (alpaca === null) return [paper];
  const { keyId, secretKey, baseUrl } = alpaca;
  return [
    paper,
    {
      accountId: "ALPACA",
      tenantId: EVERYBODY,
      broker: "alpaca",
      name: "Alpaca",
      venue: "ALPACA",
      credentials: { keyId, secretKey },
      settings: { baseUrl },
    },
  ];
}
