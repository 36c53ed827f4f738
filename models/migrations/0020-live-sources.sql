-- What a source streams, set over REST. Null: as LIVE_FEEDS says.
ALTER TABLE ops.data_source
  ADD COLUMN live_symbols jsonb,
  ADD COLUMN live_kinds jsonb;

-- What streams have missed and history has not filled in yet, by whoever plays the source: a restart forgets none of it.
CREATE TABLE ops.stream_gap (
  source_id text NOT NULL,
  symbol text NOT NULL,
  -- [[startMs, endMs], …], half open, epoch ms, parted from one another
  gaps jsonb NOT NULL,
  PRIMARY KEY (source_id, symbol)
);
