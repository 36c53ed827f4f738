import { breakout, breakoutColumns } from "./breakout.ts";
import { crossover } from "./crossover.ts";
import type { Ensemble, SignalDefinition, Voter } from "./definition.ts";
import { ensemble } from "./ensemble.ts";
import { meanReversion, reversionColumn } from "./mean-reversion.ts";
import { modelRule } from "./model-rule.ts";
import { momentum, momentumColumns } from "./momentum.ts";
import { hold, type Moment, type Verdict } from "./verdict.ts";

/** The columns of the feature store that a rule looks at, each once. */
export function columnsOf(definition: SignalDefinition): readonly string[] {
  switch (definition.kind) {
    case "crossover":
      return [...new Set([definition.fast, definition.slow])];
    case "meanReversion":
      return [reversionColumn(definition)];
    case "momentum":
      return momentumColumns(definition);
    case "breakout":
      return breakoutColumns(definition);
    case "ensemble":
      return [...new Set(definition.members.flatMap(({ rule }) => columnsOf(rule)))];
    case "pairs":
    case "model":
      return [];
  }
}

/** What a rule of one symbol says at a close, given that and the close before. */
export function judge(rule: Voter | Ensemble, previous: Moment, present: Moment): Verdict {
  return rule.kind === "ensemble"
    ? judgeEnsemble(rule, previous, present)
    : judgeVoter(rule, previous, present);
}

function judgeVoter(rule: Voter, previous: Moment, present: Moment): Verdict {
  switch (rule.kind) {
    case "crossover":
      return crossover(rule, previous, present);
    case "meanReversion":
      return meanReversion(rule, previous, present);
    case "momentum":
      return momentum(rule, previous, present);
    case "breakout":
      return breakout(rule, previous, present);
    case "model":
      return modelRule(rule, present);
  }
}

/** The vote at a close needs what each leans to there: of a breakout the place in the channel of bars up to this one. */
function judgeEnsemble(rule: Ensemble, previous: Moment, present: Moment): Verdict {
  if (rule.members.length === 0) return hold("nobody votes");
  const voteAt = (before: Moment, now: Moment) =>
    rule.members.map(({ weight, rule: one }) => ({
      weight,
      lean: judgeVoter(one, before, now).lean,
    }));
  return ensemble(rule, voteAt(previous, previous), voteAt(present, present));
}
