import type { LoggerConfig } from "moleculer";
import { type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import type { LogFormat, LogLevel } from "./config.ts";
import { redactFields, redactText, serializers } from "./log-redaction.ts";
import { readableLine } from "./log-text.ts";

/** `logger.info({ symbol, qty }, "message")`: fields first, then a sentence. An error is the field `err`. */
export type Logger = PinoLogger;

export interface LoggingOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly nodeId: string;
  /** takes finished lines, line break included; default standard output */
  readonly write?: (line: string) => void;
}

/** What happened on whose behalf: by these a request is followed through the log. */
export interface LogIds {
  readonly requestId?: string;
  /** `type:id` */
  readonly actor?: string;
  readonly orderId?: string;
}

/** The logger of a node: JSON lines or readable text, without secrets. */
export function createLogger({ level, format, nodeId, write }: LoggingOptions): Logger {
  const out = write ?? ((line: string) => void process.stdout.write(line));
  const layout = format === "text" ? readableLine : (line: string): string => line;
  return pino(
    {
      level,
      base: { nodeId },
      timestamp: stdTimeFunctions.isoTime,
      serializers,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      hooks: {
        logMethod(args, method) {
          method.apply(this, inPinoOrder(args));
        },
      },
    },
    { write: (line: string) => out(layout(redactText(line))) },
  );
}

export function withIds(logger: Logger, ids: LogIds): Logger {
  return logger.child(ids);
}

/** Gives Moleculer's own lines to `logger`, each with the module and service that wrote it. */
export function moleculerLogger(logger: Logger): LoggerConfig {
  return {
    type: "Pino",
    options: {
      level: logger.level,
      createLogger: (level: string, { mod, svc, ver }: ModuleBindings) =>
        logger.child({ mod, svc, ver }, { level }),
    },
  };
}

interface ModuleBindings {
  readonly mod: string;
  readonly svc?: string;
  readonly ver?: string;
}

type LogArguments = Parameters<PinoLogger["info"]>;

/**
 * Moleculer writes `error("message", error, data)`. pino would take what follows the message for printf arguments, and
 * drop it; so errors and objects become fields, and the rest joins the message.
 */
function inPinoOrder(args: readonly unknown[]): LogArguments {
  const [first, ...rest] = args;
  if (typeof first === "object" && first !== null) {
    return [first instanceof Error ? { err: first } : first, messageOf(rest, first)];
  }
  const err = rest.find((value) => value instanceof Error);
  const data = rest.filter((value) => typeof value === "object" && value !== err);
  const words = [first, ...rest.filter((value) => typeof value !== "object")];
  const fields = { ...(err && { err }), ...(data.length > 0 && { data }) };
  return [fields, words.map(String).join(" ")];
}

function messageOf(words: readonly unknown[], subject: object): string {
  if (words.length > 0) return words.map(String).join(" ");
  return subject instanceof Error ? subject.message : "";
}
