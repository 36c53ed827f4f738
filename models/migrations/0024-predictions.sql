-- What model versions said of bars that had not happened, and what happened then.

CREATE SCHEMA ai;

CREATE TABLE ai.prediction (
  prediction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  model_id text NOT NULL,
  version integer NOT NULL,
  symbol text NOT NULL,
  timeframe text NOT NULL,
  -- close of the newest bar that it knew
  as_of timestamptz NOT NULL,
  -- of the bars that it is about, by the market's calendar; null where that is not known
  for_start timestamptz,
  for_end timestamptz,
  horizon integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('classifier', 'regressor', 'forecaster')),
  role text NOT NULL CHECK (role IN ('champion', 'shadow', 'asked')),
  value double precision,
  probability double precision,
  lower double precision,
  upper double precision,
  coverage double precision,
  novelty double precision,
  -- why there is none
  reason text,
  message text,
  -- what the model was given, by name
  features json NOT NULL,
  made_at timestamptz NOT NULL,
  -- in the units of the prediction; null while it is not known, and for ever where the bars that would tell are missing
  truth double precision,
  loss double precision,
  scored_at timestamptz,
  CHECK ((reason IS NULL) = (value IS NOT NULL OR probability IS NOT NULL)),
  -- A version says one thing of a bar, however often it is asked.
  UNIQUE (model_id, version, symbol, timeframe, as_of)
);
CREATE INDEX prediction_by_tenant ON ai.prediction (tenant_id, as_of, prediction_id);
CREATE INDEX prediction_by_model ON ai.prediction (tenant_id, model_id, as_of, prediction_id);
-- Those whose truth is waited for.
CREATE INDEX prediction_pending ON ai.prediction (symbol, timeframe, as_of)
  WHERE scored_at IS NULL AND reason IS NULL;
