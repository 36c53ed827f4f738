import type { ServiceSchema } from "moleculer";
import { text } from "../../domain/shared/decimal.ts";
import { money } from "../../domain/risk/stress/total.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { insufficientData } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/risk-stress.ts";
import type {
  StressScenarioResult,
  StressView,
} from "../../mixins/rest/routes/risk-stress-views.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import { ScenarioStore } from "../../models/scenarios.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { readStressBook, type StressParams } from "./stress/book.ts";
import { runScenario } from "./stress/run.ts";

/** What scenarios would do to a book. */
export function stressService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  const store = new ScenarioStore(node.documents.connection);
  return {
    name: "stress",
    actions: {
      test: {
        ...heavyRead(4, 32),
        params: routes.stressTest.input.validator,
        handler: (ctx: RequestContext<StressParams>): Promise<StressView> =>
          stressTest(node, access, store, ctx),
      },
    },
  };
}

async function stressTest(
  node: NodeContext,
  access: PortfolioAccess,
  store: ScenarioStore,
  ctx: RequestContext<StressParams>,
): Promise<StressView> {
  const stressed = await readStressBook(node, access, ctx);
  const { book, benchmark } = stressed;
  const parts = { node, store, ctx, book: stressed };
  const scenarios: StressScenarioResult[] = [];
  for (const [i, scenario] of ctx.params.scenarios.entries())
    scenarios.push(await runScenario(parts, scenario, `scenarios[${i}]`));
  if (ctx.params.requireCovered) requireCovered(scenarios);
  return {
    portfolioId: book.portfolioId,
    currency: book.currency,
    value: text(money(book.value)),
    cash: text(money(book.cash)),
    asOf: isoTime(book.asOfMs),
    source: book.source,
    benchmark,
    scenarios,
  };
}

function requireCovered(scenarios: readonly StressScenarioResult[]): void {
  const gaps = scenarios.flatMap(({ name, notCovered }) =>
    notCovered.map(({ symbol, reason }) => `${symbol} in ${name}: ${reason}`),
  );
  if (gaps.length > 0) throw insufficientData(`not covered: ${gaps.slice(0, 20).join("; ")}`);
}
