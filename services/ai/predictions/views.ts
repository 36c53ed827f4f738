import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import type {
  PredictionRecordView,
  PredictionView,
} from "../../../mixins/rest/routes/predictions.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { PredictedBars, PredictionRecord } from "../../../models/predictions.ts";

type Said = Pick<PredictionView, "prediction" | "reason" | "message">;

export function saidOf(prediction: Prediction): Said {
  if (!prediction.isGiven) {
    const { reason, message } = prediction;
    return { prediction: null, reason, message };
  }
  const { value, probability, interval, novelty } = prediction;
  return { prediction: { value, probability, interval, novelty }, reason: null, message: null };
}

export function predictedView(bars: PredictedBars | null): PredictionView["for"] {
  return bars === null ? null : { start: isoTime(bars.startMs), end: isoTime(bars.endMs) };
}

/** @param record one that is on record */
export function recordView(record: PredictionRecord): PredictionRecordView {
  const { predictionId, modelId, version, kind, symbol, timeframe, horizon, role } = record;
  if (predictionId === null) throw new Error("expected a prediction that is on record");
  return {
    predictionId,
    modelId,
    version,
    kind,
    symbol,
    timeframe,
    asOf: isoTime(record.asOfMs),
    for: predictedView(record.bars),
    horizon,
    role,
    ...saidOf(record.prediction),
    madeAt: isoTime(record.madeAtMs),
    truth: record.truth,
    loss: record.loss,
    scoredAt: record.scoredAtMs === null ? null : isoTime(record.scoredAtMs),
  };
}
