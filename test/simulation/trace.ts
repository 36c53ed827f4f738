/** Something that must never be seen. */
export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly text: string;
}

export const INVARIANTS = [
  "acknowledged is stored",
  "one effect per command",
  "one order per client id",
  "one owner per epoch",
  "relay order is stream order",
  "ledger balances",
  "no stale epoch commits",
  "streams replay",
  "nothing breaks",
  "all comes to rest",
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What a run did, as a digest that grows with every step of it, and what it broke. */
export class Trace {
  readonly faults = new Map<string, number>();
  readonly checks = new Map<Invariant, number>();
  readonly violations: Violation[] = [];
  readonly #nowMs: () => number;
  readonly #print: ((line: string) => void) | null;
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;

  constructor(nowMs: () => number, print: ((line: string) => void) | null) {
    this.#nowMs = nowMs;
    this.#print = print;
  }

  /** A step of the run. */
  step(text: string): void {
    this.#mix(this.#nowMs().toString());
    this.#mix(text);
    this.#print?.(`${this.#nowMs().toFixed(3).padStart(12)} ${text}`);
  }

  fault(kind: string, text = ""): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.step(`fault ${kind} ${text}`);
  }

  /** Counts a check and notes what it found. */
  check(invariant: Invariant, isHeld: boolean, text: () => string): void {
    this.checks.set(invariant, (this.checks.get(invariant) ?? 0) + 1);
    if (isHeld) return;
    const violation = { invariant, atMs: this.#nowMs(), text: text() };
    this.violations.push(violation);
    this.step(`violation of "${invariant}": ${violation.text}`);
  }

  get digest(): string {
    return (
      (this.#high >>> 0).toString(16).padStart(8, "0") +
      (this.#low >>> 0).toString(16).padStart(8, "0")
    );
  }

  /** Two multiplicative hashes side by side: to tell runs apart, not to keep secrets. */
  #mix(text: string): void {
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 0x9e3779b1);
      low = Math.imul(low ^ code, 0x5f356495);
      high ^= low >>> 15;
    }
    this.#high = high;
    this.#low = low;
  }
}
