import type { FixRequest, FixStore, NewFixRequest } from "../../../../models/fix-sessions.ts";
import type { Clock } from "../../../../mixins/clock.ts";
import type { Dependency } from "../../../../mixins/resilience/dependency.ts";
import { type Word, readWord } from "./words.ts";

export interface CallParts {
  readonly clock: Clock;
  readonly store: FixStore;
  readonly counterparty: Dependency;
  readonly answerMs: number;
  /** there is something to send */
  readonly wake: () => void;
}

const POLL_MIN_MS = 20;
const POLL_MAX_MS = 250;

/** It waited for the session and was taken back: nothing was sent, and nothing will be. */
class NotSent extends Error {
  constructor(clientId: string) {
    super(`the FIX session was not there to send ${clientId}`);
    this.name = "NotSent";
  }
}

/**
 * Puts requests into the store, from which the session sends them, and waits for the counterparty's word. Whichever node the
 * session is on: one that is here is woken, another one looks twice a second.
 */
export class FixCalls {
  readonly #parts: CallParts;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** A word has come. */
  tell(clientId: string): void {
    for (const wake of this.#waiting.get(clientId) ?? []) wake();
  }

  /** @throws NotSent, or any other error when what became of it is not known */
  ask(request: NewFixRequest): Promise<Word> {
    const { store, answerMs } = this.#parts;
    return this.#await(request.clientId, () => store.enqueue(request, answerMs));
  }

  /** The same once more, under a new number, unless it was answered in the meantime. */
  askAgain({ clientId }: FixRequest): Promise<Word> {
    const { store, answerMs } = this.#parts;
    return this.#await(clientId, async () => {
      await store.repeat(clientId, answerMs);
    });
  }

  async #await(clientId: string, begin: () => Promise<void>): Promise<Word> {
    const { counterparty, wake } = this.#parts;
    let begun: Promise<void> | null = null;
    try {
      return await counterparty.call(async (signal) => {
        begun = begin();
        await begun;
        wake();
        return this.#word(clientId, signal);
      });
    } catch (error) {
      if (begun !== null && (await this.#isTakenBack(clientId, begun))) throw new NotSent(clientId);
      throw error;
    }
  }

  /** After it is in the store, or surely is not: what is taken back before it is there would be sent. */
  async #isTakenBack(clientId: string, begun: Promise<void>): Promise<boolean> {
    try {
      await begun;
      return await this.#parts.store.withdraw(clientId);
    } catch {
      return false;
    }
  }

  async #word(clientId: string, signal: AbortSignal): Promise<Word> {
    const { store } = this.#parts;
    for (let pauseMs = POLL_MIN_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * 2)) {
      const told = this.#told(clientId, pauseMs, signal);
      const word = readWord((await store.find(clientId))?.answer ?? null);
      if (word !== null) return word;
      await told;
      signal.throwIfAborted();
    }
  }

  /** Answers when there is word, and after a while in any case: it may have come to another node. */
  #told(clientId: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(clientId) ?? new Set();
      this.#waiting.set(clientId, waiting);
      const wake = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(clientId);
        resolve();
      };
      const timer = this.#parts.clock.setTimer(ms, wake);
      signal.addEventListener("abort", wake, { once: true });
      waiting.add(wake);
    });
  }
}
