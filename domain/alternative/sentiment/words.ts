/**
 * What the words of market news mean: our own lists, made for headlines and first sentences. A quantity is good or bad when
 * there is more of it; a direction says whether there is more or less; a verdict is good or bad whatever stands beside it.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

function signed(positive: string, negative: string, strong = ""): ReadonlyMap<string, number> {
  const strongly = new Set(words(strong));
  const entry = (sign: number) => (word: string) =>
    [word, sign * (strongly.has(word) ? 1.5 : 1)] as const;
  return new Map([...words(positive).map(entry(1)), ...words(negative).map(entry(-1))]);
}

/** Of which more is good (+1) or bad (−1) for whoever holds the shares. */
export const QUANTITIES = signed(
  `profit profits revenue revenues sales earnings income margin margins guidance outlook forecast forecasts dividend
   dividends payout demand orders bookings backlog growth output production cashflow turnover subscribers users
   customers traffic deliveries shipments bookings share shares stock stocks price prices target valuation ebitda eps
   confidence order volume customer revenue spending hiring employment payrolls exports approvals inflows occupancy yield buyback buybacks rating
   estimates expectations results returns liquidity reserves volumes rents wages starts sentiment views consensus`,
  `loss losses debt debts cost costs emissions expense expenses inflation unemployment jobless claims delay delays default
   defaults delinquencies layoffs deficit charge charges risk risks volatility churn outflows writedown writedowns
   impairment impairments complaints recalls fines penalties liabilities shortfall shortage shortages cancellations
   redemptions bankruptcies foreclosures provisions writeoffs leverage spreads burn tariffs taxes dilution vacancies
   inventories glut backlash turmoil restatements`,
);

/** More (+1) or less (−1) of what is named beside it. */
export const DIRECTIONS = signed(
  `rise rises rose risen rising jump jumps jumped jumping surge surges surged surging soar soars soared soaring climb
   climbs climbed climbing gain gains gained gaining increase increases increased increasing grow grows grew grown
   growing expand expands expanded expanding widen widens widened widening accelerate accelerates accelerated raise
   raises raised raising lift lifts lifted boost boosts boosted boosting hike hikes hiked double doubles doubled triple
   triples tripled rally rallies rallied rebound rebounds rebounded recover recovers recovered advance advances advanced
   higher more larger bigger wider up stronger strengthen strengthens strengthened improve improves improved improving
   top tops topped exceed exceeds exceeded beat beats swell swells swelled mount mounts mounted spike spikes spiked
   outpace outpaces outpaced upbeat increasingly faster`,
  `fall falls fell fallen falling drop drops dropped dropping decline declines declined declining slump slumps slumped
   plunge plunges plunged plunging tumble tumbles tumbled tumbling slide slides slid sink sinks sank sunk shrink shrinks
   shrank shrinking narrow narrows narrowed narrowing narrower cut cuts cutting reduce reduces reduced reducing slash
   slashes slashed lower lowers lowered lowering slow slows slowed slowing slowdown ease eases eased easing miss misses
   missed less smaller fewer down weaker weaken weakens weakened dip dips dipped retreat retreats retreated halve halves
   halved trim trims trimmed contract contracts contracted crash crashes crashed lag lags lagged trail trails trailed
   cool cools cooled shed sheds lose loses lost erode erodes eroded dwindle dwindles dwindled suspend suspends suspended
   scrap scraps scrapped withdraw withdraws withdrew slower short`,
  `surge surges surged soar soars soared plunge plunges plunged crash crashes crashed slump slumps slumped doubled tripled
   halved slash slashes slashed tumble tumbles tumbled`,
);

/** Good (+1) or bad (−1) by themselves. */
export const VERDICTS = signed(
  `upgrade upgrades upgraded outperform overweight bullish record win wins won award awarded awards approve approves
   approved approval clearance breakthrough milestone successful success robust strong solid resilient profitable
   victory discovery repays repaid protects efficacy favour partnership breakeven oversubscribed accretive optimism optimistic upside favourable favorable exonerated dismissed dismisses
   settles settled resolves resolved reinstates reinstated turnaround best buy blockbuster stellar healthy exclusive`,
  `downgrade downgrades downgraded underperform underweight bearish bankruptcy bankrupt insolvent insolvency fraud
   fraudulent lawsuit lawsuits sued sues probe investigation investigates investigated subpoena indicted indictment fined
   recall recalled breach breached hack hacked outage halt halts halted delist delisted delisting resign resigns resigned
   resignation fired ousted scandal warning warns warned warn weak disappointing disappoints disappointed poor
   unprofitable restructuring default defaulted defaults layoffs lays strike boycott ban bans banned rejected rejects
   rejection terminated terminates failure fails failed collapse collapses collapsed crisis concern concerns fears
   dispute misleading misstated restate restates seized shutdown closes closure sell worst bleak gloomy struggling
   unsafe defective toxic hurt hurts delayed fault grounds grounded blocks blocked dump dumps stuck squeezing squeezed threaten threatens hackers charged lawsuit worse worsens downside uncertain allegations alleged violations violated sanctions evacuated explosion`,
  `bankruptcy bankrupt fraud insolvent insolvency indicted delisted collapse collapses collapsed blockbuster stellar`,
);

/** Turn round what follows within a few words. */
export const NEGATIONS: ReadonlySet<string> = new Set(
  words(`not no never neither nor without cannot can't won't isn't aren't wasn't don't doesn't didn't hasn't unable fails
   failed denies denied avoids avoided averts averted lifts ends unlikely rules`),
);

/** Make what stands beside them more, or less, of what it is. */
export const DEGREES: ReadonlyMap<string, number> = new Map([
  ...words(
    "sharply steeply massively hugely significantly substantially strongly far much deeply",
  ).map((word) => [word, 1.5] as const),
  ...words("slightly marginally modestly somewhat partly little mildly").map(
    (word) => [word, 0.5] as const,
  ),
]);

/** A new thought: what stands behind does not speak of what stands before. */
export const BREAKS: ReadonlySet<string> = new Set([
  ";",
  ",",
  ":",
  "but",
  "while",
  "although",
  "though",
  "however",
  "as",
  "despite",
  "after",
  "and",
  "amid",
  "even",
]);
