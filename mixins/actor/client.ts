import type { ActorRef, Message } from "../../domain/shared/decider.ts";
import type { RequestKey } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Answer, CommandEnvelope, Envelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import type { ActorErrorCode } from "./errors.ts";
import { bodyHash } from "./ids.ts";
import type { ActorPorts } from "./ports.ts";

const DEFAULT_PATIENCE_MS = 5_000;
const GRACE_MS = 250;
const RETRY_MIN_MS = 10;
const RETRY_MAX_MS = 400;
/** A store that is down is not back in a moment: whoever waits is told soon. */
const STORE_PATIENCE_MS = 1_200;
/** A shard changes hands in some ten milliseconds: who looks for its owner asks again soon. */
const ASTRAY_MAX_MS = 80;
const ASTRAY: ReadonlySet<ActorErrorCode> = new Set([
  "NOT_OWNER",
  "OWNER_UNREACHABLE",
  "OUTCOME_UNKNOWN",
]);

export interface CallOptions {
  /** the same for every repeat of the command */
  readonly commandId: string;
  /** `bodyHash` of what must be equal between repeats; of the whole command unless given */
  readonly bodyHash?: string;
  readonly isDeduplicated?: boolean;
  readonly deadlineMs?: number;
  readonly isBirth?: boolean;
  readonly isAnswered?: boolean;
  readonly firing?: CommandEnvelope["firing"];
  readonly requestKey?: RequestKey;
}

export type ActorCaller = (
  ref: ActorRef,
  command: Message,
  options: CallOptions,
) => Promise<Answer>;

/** Brings an envelope to the node that owns the shard. */
export interface Router {
  send(envelope: Envelope): Promise<Answer>;
  /** Asks who owns what now, after a call went astray. */
  refresh(): Promise<void>;
}

/**
 * How services speak to actors. What the layer could not carry through is tried again under the same command id, with
 * jitter, until the deadline; what the actor refused is not.
 */
export class ActorClient {
  readonly #ports: Pick<ActorPorts, "clock" | "random">;
  readonly #router: Router;

  constructor(ports: Pick<ActorPorts, "clock" | "random">, router: Router) {
    this.#ports = ports;
    this.#router = router;
  }

  /** @throws Refusal from the actor, ActorError from the layer */
  readonly call: ActorCaller = (ref, command, options) =>
    this.#send({
      kind: "command",
      ref,
      command,
      commandId: options.commandId,
      bodyHash: options.bodyHash ?? bodyHash(command),
      isDeduplicated: options.isDeduplicated ?? true,
      deadlineMs: options.deadlineMs ?? this.#ports.clock.now() + DEFAULT_PATIENCE_MS,
      isBirth: options.isBirth ?? false,
      isAnswered: options.isAnswered ?? true,
      firing: options.firing ?? null,
      requestKey: options.requestKey ?? null,
    });

  /** The actor's summary after its last turn; null when nothing has ever happened to it. */
  async read(
    ref: ActorRef,
    deadlineMs?: number,
  ): Promise<{ readonly summary: Json; readonly version: number }> {
    const answer = await this.#send({
      kind: "read",
      ref,
      deadlineMs: deadlineMs ?? this.#ports.clock.now() + DEFAULT_PATIENCE_MS,
    });
    return { summary: answer.reply, version: answer.version };
  }

  /**
   * A store that hangs, or a node that does not answer, must not hold the caller for ever. A moment longer than the
   * deadline, because an actor that drops expired work can say so, which is more than "unknown".
   */
  #send(envelope: Envelope): Promise<Answer> {
    const { clock } = this.#ports;
    return new Promise((resolve, reject) => {
      const inMs = Math.max(0, envelope.deadlineMs - clock.now()) + GRACE_MS;
      const timer = clock.setTimer(inMs, () => reject(noAnswer(envelope)));
      const settled =
        <T>(tell: (outcome: T) => void) =>
        (outcome: T): void => {
          timer.cancel();
          tell(outcome);
        };
      this.#sendUntilTaken(envelope).then(settled(resolve), settled(reject));
    });
  }

  async #sendUntilTaken(envelope: Envelope): Promise<Answer> {
    const { clock } = this.#ports;
    const startMs = clock.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#router.send(envelope);
      } catch (error) {
        if (!(error instanceof ActorError) || !error.isRetryable) throw error;
        const isAstray = ASTRAY.has(error.code);
        const waitMs = this.#pauseMs(isAstray ? ASTRAY_MAX_MS : RETRY_MAX_MS, attempt);
        const isVain =
          error.code === "STORE_UNAVAILABLE" && clock.monotonicMs() - startMs > STORE_PATIENCE_MS;
        if (isVain || clock.now() + waitMs >= envelope.deadlineMs) throw error;
        await clock.sleep(waitMs);
        if (isAstray) await this.#router.refresh();
      }
    }
  }

  /** Full jitter: those who failed together do not come back together. */
  #pauseMs(maxMs: number, attempt: number): number {
    return RETRY_MIN_MS + this.#ports.random() * Math.min(maxMs, RETRY_MIN_MS * 2 ** attempt);
  }
}

/** A command may have been carried out all the same: only a repeat under its id can tell. */
function noAnswer({ kind, ref }: Envelope): ActorError {
  return new ActorError(
    kind === "command" ? "OUTCOME_UNKNOWN" : "DEADLINE_EXCEEDED",
    `no answer from ${ref.type}:${ref.id} before the deadline`,
  );
}
