const path = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

/**
 * What takes longest begins first, so that no worker ends long before the others. Jest knows how long a file took on this machine
 * the last time; a machine that has never run them, as one for continuous integration, would take the largest files first, which
 * are seldom those that kill a node and start it again. Roughly the seconds they take on two quiet cores; the others follow.
 */
const SECONDS = {
  "e2e/crash": 95,
  "e2e/routes": 99,
  "e2e/crash-financing": 60,
  "e2e/crash-groups": 77,
  "e2e/crash-parents": 80,
  "e2e/process": 35,
  "e2e/ai-crash": 30,
  "e2e/rl-crash": 30,
  "e2e/kill-switch-two-nodes": 30,
  "e2e/models": 25,
  "integration/crash/crash-loops": 35,
  "integration/crash/parent-order": 39,
  "integration/models/rl-stores": 25,
  "integration/services/execution/alpaca-breaks": 30,
  "integration/services/execution/alpaca-faults": 50,
  "integration/services/execution/ccxt-breaks": 40,
  "integration/services/execution/ccxt-conformance": 91,
  "integration/services/execution/ccxt-faults": 82,
  "integration/services/execution/ccxt-stream": 30,
  "integration/services/execution/fix-faults": 25,
  "unit/domain/ai/acceptance/volatility-laws": 35,
  "unit/domain/ai/algorithms/volatility-laws": 25,
  "unit/domain/ai/rl/ppo-laws": 55,
  "unit/domain/ai/rl/values-laws": 56,
};

class LongestFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own, which sorts no array of ours
    return super.sort(tests).toSorted((a, b) => secondsOf(b) - secondsOf(a));
  }
}

function secondsOf({ path: file, duration, context }) {
  if (duration !== undefined) return duration / 1_000;
  const name = path
    .relative(path.join(context.config.rootDir, "test"), file)
    .replaceAll(path.sep, "/");
  return SECONDS[name.replace(/\.spec\.ts$/, "")] ?? 0;
}

module.exports = LongestFirst;
