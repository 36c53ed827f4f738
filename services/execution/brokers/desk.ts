import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import type { OrderCommand } from "../../../domain/order/messages.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { ActorError } from "../../../mixins/actor/errors.ts";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import type { NodeContext } from "../../context.ts";
import type { Breaks } from "./breaks.ts";

const NAMESPACE = "5d0c1f2e-8b47-4a63-9e15-f27c60b8d394";

/** Hands what a broker said to the orders' actors. */
export class Desk {
  readonly #node: NodeContext;
  readonly #breaks: Breaks | null;

  /** @param breaks takes what an order will never hear, so that others may; without it that is thrown */
  constructor(node: NodeContext, breaks: Breaks | null) {
    this.#node = node;
    this.#breaks = breaks;
  }

  /**
   * The command's id follows from the report, but its repeats are not told by it: the order itself knows what it has heard,
   * and can tell a repeat from a contradiction.
   * @returns false when the order cannot take it, however often it is repeated
   * @throws ActorError when it may be repeated
   */
  async tell(report: ExecutionReport): Promise<boolean> {
    const { venue, execId, orderId } = report;
    const command: OrderCommand = { type: "ApplyReport", report };
    const commandId = uuidv5(NAMESPACE, `${venue}:${execId}`);
    try {
      const ref = { type: "order", id: orderId };
      await this.#node.actors.call(ref, command, { commandId, isDeduplicated: false });
      return true;
    } catch (error) {
      const code = hopeless(error);
      if (code === null || this.#breaks === null) throw error;
      const kind = code === "ORDER_NOT_FOUND" ? "orderUnknown" : "reportRefused";
      this.#breaks.note(kind, orderId, { execId, code });
      return false;
    }
  }

  async tellAll(reports: readonly ExecutionReport[]): Promise<void> {
    for (const report of reports) await this.tell(report);
  }
}

/** The code of an error that a repeat would meet again. */
function hopeless(error: unknown): string | null {
  if (error instanceof Refusal) return error.code;
  const isFinal =
    error instanceof ActorError &&
    (error.code === "STREAM_QUARANTINED" || error.code === "COMMAND_FAILED");
  return isFinal ? error.code : null;
}
