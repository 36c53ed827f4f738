import type { ServiceSchema } from "moleculer";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-stress.ts";
import type { ScenarioPage, ScenarioView } from "../../mixins/rest/routes/risk-stress-views.ts";
import { ScenarioStore } from "../../models/scenarios.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { createScenario, removeScenario, scenarioPage } from "./stress/saved.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** The scenarios of stress tests: of history, customary ones, and those that users store. */
export function scenariosService(node: NodeContext): ServiceSchema {
  const store = new ScenarioStore(node.documents.connection);
  return {
    name: "scenarios",
    actions: {
      list: {
        params: routes.listScenarios.input.validator,
        handler: (ctx: Ctx<"scenarios.list">): Promise<ScenarioPage> => scenarioPage(store, ctx),
      },
      create: {
        params: routes.createScenario.input.validator,
        handler: (ctx: Ctx<"scenarios.create">): Promise<ScenarioView> =>
          createScenario(node, store, ctx),
      },
      remove: {
        params: routes.deleteScenario.input.validator,
        handler: (ctx: Ctx<"scenarios.remove">): Promise<null> => removeScenario(store, ctx),
      },
    },
    started: () => store.ready(),
  };
}
