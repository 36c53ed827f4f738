import type { ServiceBroker } from "moleculer";
import type { JobRecord } from "../../domain/shared/job.ts";
import type { Json } from "../../domain/shared/json.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { JobKind, JobStore } from "../../mixins/jobs/kind.ts";
import { INTERRUPTED, JobRunner } from "../../mixins/jobs/runner.ts";
import { acceptedView, jobMessage } from "../../mixins/jobs/views.ts";
import { mayRead } from "../../mixins/rest/permissions.ts";
import { notFound, RestError } from "../../mixins/rest/rest-error.ts";
import type { JobAccepted } from "../../mixins/rest/routes/jobs.ts";
import {
  cancelJob,
  claimJob,
  endJob,
  findJob,
  insertJob,
  renewJob,
  reportJob,
  sweepJobs,
} from "../../models/jobs.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import type { EventMap, RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { LiveFeed } from "../live-feed.ts";
import type { Logger } from "../logging.ts";

const NAMESPACE = "0c2f1b0e-6a9c-4f0e-9a0b-51c8a7d1e6f4";
/** A job that takes its node down with it is not tried for ever. */
const ATTEMPTS_MAX = 5;

interface JobsNode {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: Pick<LiveFeed, "tell">;
  readonly broker: Pick<ServiceBroker, "broadcast">;
  readonly newId: () => string;
  readonly nodeId: string;
}

/** The jobs of an installation as one node sees them: which kinds it runs, and the queue that all share. */
export class Jobs {
  readonly #node: JobsNode;
  readonly #kinds = new Map<string, JobKind>();
  #runner: JobRunner | null = null;

  constructor(node: JobsNode) {
    this.#node = node;
  }

  /** Before the node starts. @throws Error when the kind is there already */
  add(kind: JobKind): void {
    if (this.#kinds.has(kind.kind)) throw new Error(`jobs of kind ${kind.kind} are added twice`);
    this.#kinds.set(kind.kind, kind);
  }

  start(): void {
    const { pool, clock, log, live, nodeId, newId } = this.#node;
    this.#runner = new JobRunner({
      store: storeOf(pool),
      clock,
      log: {
        warn: (message, fields) => log.warn(toPino(fields), message),
        error: (message, fields) => log.error(toPino(fields), message),
      },
      claimedBy: `${nodeId}/${newId()}`,
      kinds: [...this.#kinds.values()],
      tell: (job) => live.tell(jobMessage(job)),
    });
    this.#runner.start();
  }

  async stop(): Promise<void> {
    await this.#runner?.stop();
  }

  wake(): void {
    this.#runner?.wake();
  }

  /** Ends its run, if it runs here. */
  endHere(jobId: string): void {
    this.#runner?.cancel(jobId);
  }

  /**
   * Queues a job for the user of a request. Its id follows from the idempotency key, so that a repeat finds the same job.
   * @param kind one that this node runs
   * @throws RestError 429 when too many wait, 422 when the key came with another body
   */
  async submit(ctx: RequestContext, kind: string, params: Json): Promise<JobAccepted> {
    const { tenantId, userId: ownerId } = userOf(ctx);
    const key = ctx.meta.idempotencyKey;
    const jobId =
      key === undefined
        ? this.#node.newId()
        : uuidv5(NAMESPACE, JSON.stringify([tenantId, ownerId, kind, key]));
    const outcome = await this.#insert({ jobId, kind, tenantId, ownerId, params }, key);
    if (outcome === "full")
      throw new RestError("RATE_LIMITED", `too many jobs of kind ${kind} are waiting`, {
        retryAfterS: 30,
      });
    if (outcome === "used") return this.#replayed(ctx, jobId, params);
    this.wake();
    await this.#node.broker.broadcast("jobs.queued", { kind } satisfies EventMap["jobs.queued"]);
    return acceptedView({ jobId, status: "queued" });
  }

  #insert(
    job: Pick<JobRecord, "jobId" | "kind" | "tenantId" | "ownerId" | "params">,
    key: string | undefined,
  ): Promise<"added" | "used" | "full"> {
    const known = this.#kinds.get(job.kind);
    if (known === undefined) throw new Error(`expected a kind that this node runs: ${job.kind}`);
    const { isResumable, deadlineMs, queuedMax } = known;
    const scope = `jobs:${job.kind}:${job.ownerId}`;
    return insertJob(
      this.#node.pool,
      { ...job, isResumable, deadlineMs },
      {
        queuedMax,
        ...(key !== undefined && { requestKey: { scope, key, hash: bodyHash(job.params) } }),
      },
    );
  }

  async #replayed(ctx: RequestContext, jobId: string, params: Json): Promise<JobAccepted> {
    const job = await findJob(this.#node.pool, jobId);
    if (job === null || bodyHash(job.params) !== bodyHash(params))
      throw new RestError(
        "IDEMPOTENCY_KEY_REUSED",
        "this Idempotency-Key was used with another job",
      );
    ctx.meta.isReplay = true;
    // The same answer again: how far it is by now its own address says.
    return acceptedView({ jobId, status: "queued" });
  }

  /** @throws RestError 404 when there is none, or it is not for this user's eyes */
  async get(user: RequestUser, jobId: string): Promise<JobRecord> {
    const job = await findJob(this.#node.pool, jobId);
    if (job === null || !mayRead(user, job)) throw notFound("job", jobId);
    return job;
  }

  /** @returns the job as it stands then: one that runs ends a little later */
  async cancel(user: RequestUser, jobId: string): Promise<JobRecord> {
    await this.get(user, jobId);
    const job = await cancelJob(this.#node.pool, jobId);
    if (job === null) throw notFound("job", jobId);
    if (job.status === "cancelled") this.#node.live.tell(jobMessage(job));
    this.endHere(jobId);
    await this.#node.broker.broadcast("jobs.cancelled", {
      jobId,
    } satisfies EventMap["jobs.cancelled"]);
    return job;
  }
}

function storeOf(pool: Pool): JobStore {
  const late = {
    code: "JOB_DEADLINE_EXCEEDED",
    message: "nobody took it up, or finished it, in time",
  };
  return {
    claim: (terms) => claimJob(pool, terms),
    renew: (claim, leaseMs) => renewJob(pool, claim, leaseMs),
    report: (claim, progress, message) => reportJob(pool, claim, progress, message),
    end: (claim, outcome) => endJob(pool, claim, outcome),
    sweep: () => sweepJobs(pool, ATTEMPTS_MAX, { interrupted: INTERRUPTED, late }),
  };
}

/** Errors are the field `err` of our log. */
function toPino(fields: object): object {
  if (!("error" in fields)) return fields;
  const { error, ...rest } = fields;
  return { ...rest, err: error };
}
