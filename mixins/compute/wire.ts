/** What goes to a thread, and what comes back from it. */
export interface TaskMessage {
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

export type ThreadMessage =
  | { readonly kind: "progress"; readonly progress: number }
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: ErrorMessage };

export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

/** What a thread is started with: one 32-bit word, not 0 while the task that runs is not wanted. */
export interface ThreadData {
  readonly cancelled: SharedArrayBuffer;
}

const CLASSES: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ["RangeError", RangeError],
  ["TypeError", TypeError],
  ["SyntaxError", SyntaxError],
]);

export function toErrorMessage(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(code !== undefined && { code }),
  };
}

/** Of its class where that is one of the language's own, else an Error that bears the name. */
export function toError({ name, message, stack, code }: ErrorMessage): Error {
  const error = new (CLASSES.get(name) ?? Error)(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
