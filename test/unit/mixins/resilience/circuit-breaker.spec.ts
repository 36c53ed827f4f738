import * as fc from "fast-check";
import { CircuitBreaker } from "../../../../mixins/resilience/circuit-breaker.ts";
import type {
  BreakerState,
  CallOutcome,
  Passage,
} from "../../../../mixins/resilience/circuit-breaker.ts";
import { ManualClock } from "../actor/manual-clock.ts";

const OPTIONS = { windowMs: 1_000, minCalls: 4, failureRatio: 0.5, openMs: 500, probes: 2 };

function setUp() {
  const clock = new ManualClock();
  const changes: BreakerState[] = [];
  const breaker = new CircuitBreaker(clock, OPTIONS, (state) => void changes.push(state));
  const enter = (): Passage => {
    const passage = breaker.enter();
    if (passage === null) throw new Error("expected to be let through");
    return passage;
  };
  const call = (...outcomes: readonly CallOutcome[]): void => {
    for (const outcome of outcomes) enter().end(outcome);
  };
  return { clock, changes, breaker, enter, call };
}

async function opened() {
  const parts = setUp();
  parts.call("failure", "failure", "failure", "failure");
  return parts;
}

async function halfOpened() {
  const parts = await opened();
  await parts.clock.advance(OPTIONS.openMs);
  return parts;
}

describe("a closed breaker", () => {
  it("opens when enough calls ended and enough of them failed", () => {
    const { breaker, call, changes } = setUp();
    call("success", "success", "failure");
    expect(breaker.state).toBe("closed");
    call("failure");
    expect(breaker.state).toBe("open");
    expect(changes).toEqual(["open"]);
  });

  it("says nothing of few calls", () => {
    const { breaker, call } = setUp();
    call("failure", "failure", "failure");
    expect(breaker.state).toBe("closed");
  });

  it("does not count what is unknown", () => {
    const { breaker, call } = setUp();
    call("failure", "failure", "failure", "unknown", "unknown");
    expect(breaker.state).toBe("closed");
  });

  it("forgets what ended before its window", async () => {
    const { breaker, call, clock } = setUp();
    call("failure", "failure", "failure");
    await clock.advance(OPTIONS.windowMs);
    call("failure");
    expect(breaker.state).toBe("closed");
  });

  it("counts a call once, whatever is said of it later", () => {
    const { breaker, enter } = setUp();
    const passage = enter();
    for (let i = 0; i < 10; i++) passage.end("failure");
    expect(breaker.state).toBe("closed");
  });
});

describe("an open breaker", () => {
  it("refuses until its time is over, and says how long that is", async () => {
    const { breaker, clock } = await opened();
    expect(breaker.enter()).toBeNull();
    await clock.advance(OPTIONS.openMs - 1);
    expect(breaker.enter()).toBeNull();
    expect(breaker.retryInMs).toBe(1);
    await clock.advance(1);
    expect(breaker.state).toBe("halfOpen");
  });

  it("is not moved by calls that were let through before", async () => {
    const { breaker, call, enter, clock } = setUp();
    const slow = [enter(), enter()];
    call("failure", "failure", "failure", "failure");
    await clock.advance(OPTIONS.openMs);
    expect(breaker.state).toBe("halfOpen");
    for (const passage of slow) passage.end("success");
    expect(breaker.state).toBe("halfOpen");
  });
});

describe("a half-open breaker", () => {
  it("lets so many probes pass and no more", async () => {
    const { breaker, enter } = await halfOpened();
    enter();
    enter();
    expect(breaker.enter()).toBeNull();
  });

  it("closes when all of them succeeded", async () => {
    const { breaker, call, changes } = await halfOpened();
    call("success");
    expect(breaker.state).toBe("halfOpen");
    call("success");
    expect(breaker.state).toBe("closed");
    expect(changes).toEqual(["open", "halfOpen", "closed"]);
  });

  it("opens again for its whole time when one failed", async () => {
    const { breaker, call, clock } = await halfOpened();
    call("success", "failure");
    await clock.advance(OPTIONS.openMs - 1);
    expect(breaker.state).toBe("open");
  });

  it("gives the place of a probe that says nothing to another", async () => {
    const { breaker, call } = await halfOpened();
    call("unknown", "unknown", "unknown", "success", "success");
    expect(breaker.state).toBe("closed");
  });

  it("starts to count afresh when it has closed", async () => {
    const { breaker, call } = await halfOpened();
    call("success", "success", "failure", "failure", "failure");
    expect(breaker.state).toBe("closed");
  });
});

type Step =
  | { readonly kind: "enter" }
  | { readonly kind: "end"; readonly which: number; readonly outcome: CallOutcome }
  | { readonly kind: "pass"; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: "enter" }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        which: fc.nat(),
        outcome: fc.constantFrom<CallOutcome>("success", "failure", "failure", "unknown"),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("pass" as const),
        ms: fc.constantFrom(1, 100, 499, 500, 999, 1_000),
      }),
    },
  ),
  { maxLength: 200 },
);

/** The rules once more, from the whole log and without a thought for cost. */
class Rules {
  state: BreakerState = "closed";
  /** of the present visit to the state */
  log: { readonly atMs: number; readonly outcome: CallOutcome }[] = [];
  inFlight = new Set<Passage>();
  sinceMs: number;

  constructor(nowMs: number) {
    this.sinceMs = nowMs;
  }

  go(state: BreakerState, nowMs: number): void {
    Object.assign(this, { state, log: [], inFlight: new Set(), sinceMs: nowMs });
  }

  ended(outcome: CallOutcome, nowMs: number): void {
    this.log.push({ atMs: nowMs, outcome });
    const count = (wanted: CallOutcome) =>
      this.log.filter((end) => end.outcome === wanted && end.atMs > nowMs - OPTIONS.windowMs);
    const failed = count("failure").length;
    const judged = failed + count("success").length;
    const isBad = judged >= OPTIONS.minCalls && failed / judged >= OPTIONS.failureRatio;
    if (this.state === "closed" && isBad) return this.go("open", nowMs);
    if (this.state !== "halfOpen") return;
    if (outcome === "failure") return this.go("open", nowMs);
    const succeeded = this.log.filter((end) => end.outcome === "success").length;
    if (succeeded === OPTIONS.probes) this.go("closed", nowMs);
  }

  /** by the number of those on their way, and of those that came back well */
  get mayEnter(): boolean {
    if (this.state !== "halfOpen") return this.state === "closed";
    const succeeded = this.log.filter((end) => end.outcome === "success").length;
    return this.inFlight.size + succeeded < OPTIONS.probes;
  }
}

it("opens, half-opens and closes exactly when its rules say, with never more probes than allowed", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const clock = new ManualClock();
      const breaker = new CircuitBreaker(clock, OPTIONS);
      const rules = new Rules(clock.now());
      const all: Passage[] = [];
      for (const step of taken) {
        if (rules.state === "open" && clock.now() - rules.sinceMs >= OPTIONS.openMs)
          rules.go("halfOpen", clock.now());
        if (step.kind === "pass") {
          await clock.advance(step.ms);
          continue;
        }
        if (step.kind === "enter") {
          const mayEnter = rules.mayEnter;
          const passage = breaker.enter();
          expect(passage !== null).toBe(mayEnter);
          if (passage === null) continue;
          all.push(passage);
          rules.inFlight.add(passage);
          if (rules.state === "halfOpen")
            expect(rules.inFlight.size).toBeLessThanOrEqual(OPTIONS.probes);
        } else {
          const [passage] = all.splice(step.which % Math.max(1, all.length), 1);
          if (passage === undefined) continue;
          passage.end(step.outcome);
          if (rules.inFlight.delete(passage)) rules.ended(step.outcome, clock.now());
        }
        expect(breaker.state).toBe(rules.state);
      }
    }),
    { numRuns: 200 },
  );
});
