import { randomInt } from "node:crypto";
import type { ServiceSchema } from "moleculer";
import type { Json } from "../../domain/shared/json.ts";
import { JobFailure, type JobKind, type JobRun } from "../../mixins/jobs/kind.ts";
import { heavy } from "../../mixins/resilience/heavy.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { simulateBook } from "../../mixins/rest/routes/risk-simulation.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { simulate } from "./simulate.ts";
import { planOf, type SimulateParams, type SimulationPlan, workOf } from "./simulations/plan.ts";
import { toSimulationView } from "./simulations/view.ts";

const SIMULATE = "risk.simulate";

/** What takes longer than a second or so is a job. */
const DRAWS_AT_ONCE = 20_000_000;

/** Books to a horizon, in many ways at once. */
export function simulationsService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  node.jobs.add(simulateKind(node));
  return {
    name: "risk-simulations",
    actions: {
      simulate: {
        ...heavy(4, 32),
        params: simulateBook.input.validator,
        handler: (ctx: RequestContext<SimulateParams>) => answer(node, access, ctx),
      },
    },
  };
}

async function answer(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<SimulateParams>,
): Promise<ActionMap["risk-simulations.simulate"]["result"]> {
  const plan = await planOf(node, access, ctx, randomInt(2 ** 32));
  if (workOf(plan.recipe) > DRAWS_AT_ONCE) {
    ctx.meta.$statusCode = 202;
    // sound: a plan is plain data, and its numbers are finite, being of JSON or of stored bars
    return node.jobs.submit(ctx, SIMULATE, plan as unknown as Json);
  }
  try {
    return toSimulationView(plan, await simulate(node, plan.recipe));
  } catch (error) {
    if (error instanceof Error && error.name === "RangeError")
      throw new RestError("VALIDATION_FAILED", error.message);
    throw error;
  }
}

/** It changes nothing, so that another node may begin it anew. */
function simulateKind(node: NodeContext): JobKind {
  return {
    kind: SIMULATE,
    isResumable: true,
    concurrency: 1,
    queuedMax: 50,
    deadlineMs: 1_800_000,
    run: (run) => runJob(node, run),
  };
}

async function runJob(node: NodeContext, run: JobRun): Promise<Json> {
  // sound: what `submit` was given
  const plan = run.params as unknown as SimulationPlan;
  try {
    const result = await simulate(node, plan.recipe, {
      signal: run.signal,
      onProgress: (progress) => run.report(progress, "simulating"),
    });
    return toSimulationView(plan, result);
  } catch (error) {
    if (error instanceof Error && error.name === "RangeError")
      throw new JobFailure("VALIDATION_FAILED", error.message);
    throw error;
  }
}
