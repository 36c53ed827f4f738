import type { RiskCommand, RiskReceipt } from "../../../domain/risk/kill-switch/messages.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import { openPortfolios } from "../../../models/risk-policies.ts";
import type { NodeContext } from "../../context.ts";

const NAMESPACE = "7a0c5d2e-48f1-4b63-9e07-d5b1f3a6c892";
const PAGE = 500;
/** Portfolios that are told at once. */
const LANES = 16;

export interface Spread {
  readonly portfolios: number;
  readonly acknowledged: number;
  readonly pending: readonly string[];
  readonly canceling: number;
}

interface Told {
  readonly tenantId: string;
  /** null: all that are open */
  readonly portfolioId: string | null;
  readonly command: RiskCommand;
  /** the same for every repeat */
  readonly name: string;
}

/**
 * Tells each portfolio of a scope, and answers when every one has taken it in its turn, or could not be reached by the
 * deadline. Told again, those that know it change nothing.
 */
export async function spread(
  node: NodeContext,
  { tenantId, portfolioId, command, name }: Told,
  deadline: { readonly deadlineMs?: number } = {},
): Promise<Spread> {
  const ids = portfolioId === null ? await allOf(node, tenantId) : [portfolioId];
  const waiting = [...ids];
  const pending: string[] = [];
  let canceling = 0;
  const lane = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        const ref = { type: "portfolio", id };
        const commandId = uuidv5(NAMESPACE, `${name}:${id}`);
        const { reply } = await node.actors.call(ref, command, { commandId, ...deadline });
        // sound: what the portfolio's decider replies to such commands
        canceling += (reply as unknown as RiskReceipt).canceling;
      } catch (err) {
        node.log.warn({ err, portfolioId: id, name }, "a portfolio could not be told; again soon");
        pending.push(id);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { portfolios: ids.length, acknowledged: ids.length - pending.length, pending, canceling };
}

async function allOf(node: NodeContext, tenantId: string): Promise<readonly string[]> {
  const all: string[] = [];
  for (;;) {
    const page = await openPortfolios(node.pool, tenantId, all.at(-1) ?? "", PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
