import {
  describeTail,
  type TailAsked,
  type TailFound,
} from "../../../domain/risk/tail/describe.ts";

export function tailInThread(asked: TailAsked): TailFound {
  return describeTail(asked);
}
