/** One variable that cannot be used as it is. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** The environment cannot be used: every bad variable, each with what was expected of it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(`the configuration cannot be used:\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables one by one and keeps what is wrong with each, so that an operator hears of everything at once. A bad
 * variable reads as its fallback: nobody sees it, because `check` throws. An empty variable counts as unset (compose
 * files write `${NAME:-}`).
 */
export class EnvironmentReader {
  readonly #env: Environment;
  readonly #problems: ConfigProblem[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  text(variable: string): string | null {
    const value = this.#env[variable]?.trim();
    return value === undefined || value === "" ? null : value;
  }

  /** As text, for values that must never be shown and may start or end with a blank. */
  secret(variable: string): string | null {
    const value = this.#env[variable];
    return value === undefined || value === "" ? null : value;
  }

  oneOf<T extends string, F extends T | null>(
    variable: string,
    allowed: readonly T[],
    fallback: F,
  ): T | F {
    const found = this.text(variable);
    if (found === null) return fallback;
    const match = allowed.find((value) => value === found);
    if (match === undefined) this.expected(variable, `one of ${allowed.join(", ")}`, found);
    return match ?? fallback;
  }

  number<F extends number | null>(
    variable: string,
    { what, accepts }: { what: string; accepts: (value: number) => boolean },
    fallback: F,
  ): number | F {
    const found = this.text(variable);
    if (found === null) return fallback;
    const value = /^\d+(\.\d+)?$/.test(found) ? Number(found) : Number.NaN;
    if (accepts(value)) return value;
    this.expected(variable, what, found);
    return fallback;
  }

  expected(variable: string, what: string, found: string): void {
    this.refuse(variable, `expected ${what}, found ${JSON.stringify(found)}`);
  }

  refuse(variable: string, message: string): void {
    this.#problems.push({ variable, message });
  }

  /** @throws ConfigError when anything was refused */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
