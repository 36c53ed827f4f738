-- Which bars a symbol's actor builds from live trades and quotes, and how far those have come that nothing else tells: what
-- a tick or an imbalance bar has counted is not in the bars that are stored.

CREATE TABLE md.bar_watch (
  symbol text COLLATE "C" PRIMARY KEY,
  -- { timeframes, special: [{ kind, size }], quotes }
  watch jsonb NOT NULL,
  -- null until the first trade
  building jsonb,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
