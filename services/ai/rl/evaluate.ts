import type { AgentEvaluation } from "../../../mixins/rest/routes/rl-views.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import type { OpenAgent } from "./opened.ts";
import type { RlParts } from "./parts.ts";
import { answerOf } from "./refusals.ts";
import { EXAMINE } from "./threads.ts";
import { lessonOf } from "./train.ts";
import { evaluationView } from "./views.ts";

/** Bars: a few seconds of a thread. */
const ROWS_MAX = 50_000;

/** How an agent would have done over a range, of the bars as they are known now. @throws RestError 422 */
export async function evaluateOver(
  parts: RlParts,
  agent: StoredAgent,
  { order, outlook, acting }: OpenAgent,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<AgentEvaluation> {
  const { node } = parts;
  const range = { startMs: start, endMs: end };
  try {
    const nowMs = node.clock.now();
    const { lesson } = await lessonOf(parts, agent.tenantId, order, nowMs, range, ROWS_MAX);
    const ranges = [{ name: "range", range }];
    const [found] = await node.compute.run(EXAMINE, { lesson, outlook, ranges, acting });
    if (found === undefined) throw new Error("expected an evaluation of a range");
    return evaluationView(found, order);
  } catch (error) {
    throw answerOf(error);
  }
}
