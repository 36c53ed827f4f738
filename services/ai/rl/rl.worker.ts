import { AGENTS } from "../../../domain/ai/rl/agents/index.ts";
import { fromBytes, toBytes } from "../../../domain/ai/rl/checkpoint.ts";
import type { Comparison } from "../../../domain/ai/rl/compare.ts";
import type { TimeRange } from "../../../domain/ai/rl/env/market.ts";
import { checkLesson, examine, learn, type Lesson } from "../../../domain/ai/rl/learn.ts";
import type { Outlook } from "../../../domain/ai/rl/prepare.ts";
import type { ComputeRun } from "../../../mixins/compute/compute.ts";

/* What agents take that is too long for the event loop. */

export interface LearnTask {
  readonly lesson: Lesson;
  readonly seed: number;
  readonly checkpoint: Uint8Array | null;
  readonly until: number;
}

export interface Learnt {
  readonly steps: number;
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** the part of it that acting takes */
  readonly acting: Uint8Array<ArrayBuffer>;
}

export function learnLesson(
  { lesson, seed, checkpoint, until }: LearnTask,
  run: ComputeRun,
): Learnt {
  const before = checkpoint === null ? null : fromBytes(checkpoint);
  const after = learn(lesson, seed, before, until, run);
  const bytes = toBytes(after);
  const acting = toBytes(AGENTS[lesson.terms.algorithm].actingPart(after));
  run.transfer(bytes.buffer, acting.buffer);
  return { steps: after.numbers["steps"] ?? 0, checkpoint: bytes, acting };
}

export function readLesson(lesson: Lesson): Outlook {
  return checkLesson(lesson);
}

export interface ExamineTask {
  readonly lesson: Lesson;
  readonly outlook: Outlook;
  readonly ranges: readonly { readonly name: string; readonly range: TimeRange }[];
  readonly acting: readonly { readonly seed: number; readonly bytes: Uint8Array }[];
}

export function examineLesson({ lesson, outlook, ranges, acting }: ExamineTask): Comparison[] {
  const seeds = acting.map(({ seed, bytes }) => ({ seed, checkpoint: fromBytes(bytes) }));
  return ranges.map(({ name, range }) => examine(lesson, outlook, range, name, seeds));
}
