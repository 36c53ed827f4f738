import { getJob, type JobAccepted, type JobView } from "../../mixins/rest/routes/jobs.ts";
import { trainModel } from "../../mixins/rest/routes/model-training.ts";
import type { VersionView } from "../../mixins/rest/routes/model-views.ts";
import { createModel } from "../../mixins/rest/routes/models.ts";
import type { Bar } from "../../domain/market/bar.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { SP500 } from "../unit/domain/features/sp500-bars.ts";

const SOURCE = "vega-sp500";

/** The packaged daily bars of the S&P 500, from the year given. */
export function sp500Bars(fromYear = 2000, symbol = "SPX"): readonly Bar[] {
  const fromMs = Date.UTC(fromYear, 0);
  return SP500.filter(({ startMs = 0 }) => startMs >= fromMs).map((row) => ({
    symbol,
    timeframe: "1d",
    startMs: row.startMs ?? Number.NaN,
    open: priceText(row.open),
    high: priceText(row.high),
    low: priceText(row.low),
    close: priceText(row.close),
    volume: priceText(row.volume),
    source: SOURCE,
  }));
}

const priceText = (value: number): string => String(value);

/** A forecaster of tomorrow's variance, which takes no features. */
export const HAR: RouteInput = {
  kind: "forecaster",
  algorithm: "har",
  symbols: ["SPX"],
  timeframe: "1d",
  target: { kind: "volatility", horizon: 1 },
};

/** Waits until a job is over. */
export function ended(client: HttpClient, { jobId }: Pick<JobAccepted, "jobId">): Promise<JobView> {
  return eventually(
    `the end of job ${jobId}`,
    async () => {
      const job = await client.call(getJob, { jobId });
      return ["succeeded", "failed", "cancelled"].includes(job.status) ? job : null;
    },
    120_000,
  );
}

export async function defined(client: HttpClient, input: RouteInput): Promise<string> {
  const { modelId } = await client.call(createModel, input);
  return modelId;
}

/** @throws Error when the job does not succeed */
export async function trained(client: HttpClient, input: RouteInput): Promise<VersionView> {
  const job = await ended(client, await client.call(trainModel, input));
  if (job.status !== "succeeded")
    throw new Error(`job ${job.status}: ${JSON.stringify(job.error)}`);
  // sound: the result of a training is a version
  return job.result as unknown as VersionView;
}
