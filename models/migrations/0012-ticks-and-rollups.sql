-- Trades, bars that something other than the clock closes, rollups of fine bars, and for how long what is kept.

-- How many bars a series has, so that nobody counts them; kept by whoever writes, under the lock of the series' row.
ALTER TABLE md.series ADD COLUMN bar_count bigint NOT NULL DEFAULT 0;
UPDATE md.series s SET bar_count = (
  SELECT count(*) FROM md.bar b WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe
);

-- Hours and days made of minutes: a reader takes these instead of the minutes, but for the days that are due. One table on
-- both bodies. A continuous aggregate answers with what it last materialised for everything below its watermark, so a
-- revised minute would be missing until a job ran, and the jobs need background workers; here a write and the day that it
-- makes due are one commit.
CREATE TABLE md.bar_rollup (
  symbol_id int NOT NULL,
  base text COLLATE "C" NOT NULL,
  timeframe text COLLATE "C" NOT NULL CHECK (timeframe IN ('1h', '1d')),
  ts timestamptz NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  volume numeric NOT NULL,
  -- Σ vwap · volume, null where a bar has no vwap; likewise the count
  turnover numeric,
  trade_count bigint,
  source text COLLATE "C" NOT NULL,
  PRIMARY KEY (symbol_id, base, timeframe, ts)
);

-- Days (UTC) whose rollup is not there or not true any more.
CREATE TABLE md.rollup_due (
  symbol_id int NOT NULL,
  timeframe text COLLATE "C" NOT NULL,
  day timestamptz NOT NULL,
  PRIMARY KEY (symbol_id, timeframe, day)
);

CREATE FUNCTION md.utc_day(ts timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT date_bin(interval '1 day', ts, timestamptz '2000-01-03 00:00:00+00') $$;

INSERT INTO md.rollup_due
  SELECT DISTINCT symbol_id, timeframe, md.utc_day(ts) FROM md.bar
  WHERE timeframe IN ('1m', '5m', '15m', '30m');

-- Rolls up the days of a series that are due in [lower_day, upper_day), `most` of them, and answers how many. A day that a
-- writer holds is left due. The days are taken before the bars are read, by a statement of its own with an older snapshot:
-- a writer that committed before its day was taken is seen, one that commits later makes it due again.
CREATE FUNCTION md.refresh_rollup(
  series_symbol int, series_timeframe text, lower_day timestamptz, upper_day timestamptz, most int
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  days timestamptz[];
BEGIN
  WITH taken AS (
    SELECT d.day FROM md.rollup_due d
    WHERE d.symbol_id = series_symbol AND d.timeframe = series_timeframe
      AND d.day >= lower_day AND d.day < upper_day
    ORDER BY d.day LIMIT most FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM md.rollup_due d USING taken
    WHERE d.symbol_id = series_symbol AND d.timeframe = series_timeframe AND d.day = taken.day
    RETURNING d.day
  )
  SELECT array_agg(gone.day ORDER BY gone.day) INTO days FROM gone;
  IF days IS NULL THEN RETURN 0; END IF;

  DELETE FROM md.bar_rollup r USING unnest(days) AS t (day)
    WHERE r.symbol_id = series_symbol AND r.base = series_timeframe
      AND r.ts >= t.day AND r.ts < t.day + interval '24 hours';
  -- The bounds are constants, so that the plan opens the months that it needs and no other.
  EXECUTE format(
    $sql$
    WITH hour AS (
      SELECT date_bin(interval '1 hour', b.ts, timestamptz '2000-01-03 00:00:00+00') AS ts, t.day,
        (array_agg(b.open ORDER BY b.ts))[1] AS open, max(b.high) AS high, min(b.low) AS low,
        (array_agg(b.close ORDER BY b.ts DESC))[1] AS close, sum(b.volume) AS volume,
        CASE WHEN count(b.vwap) = count(*) THEN sum(b.vwap * b.volume) END AS turnover,
        CASE WHEN count(b.trade_count) = count(*) THEN sum(b.trade_count) END AS trade_count,
        CASE WHEN min(b.source) = max(b.source) THEN min(b.source) ELSE 'mixed' END AS source
      FROM unnest(%L::timestamptz[]) AS t (day)
      CROSS JOIN LATERAL (
        SELECT * FROM md.bar
        WHERE symbol_id = %s AND timeframe = %L AND ts >= %L AND ts < %L
          AND ts >= t.day AND ts < t.day + interval '24 hours'
        OFFSET 0
      ) AS b
      GROUP BY 1, 2
    )
    INSERT INTO md.bar_rollup
      SELECT %s, %L, '1h', ts, open, high, low, close, volume, turnover, trade_count, source FROM hour
      UNION ALL
      SELECT %s, %L, '1d', day, (array_agg(open ORDER BY ts))[1], max(high), min(low),
        (array_agg(close ORDER BY ts DESC))[1], sum(volume),
        CASE WHEN count(turnover) = count(*) THEN sum(turnover) END,
        CASE WHEN count(trade_count) = count(*) THEN sum(trade_count) END,
        CASE WHEN min(source) = max(source) THEN min(source) ELSE 'mixed' END
      FROM hour GROUP BY day
    $sql$,
    days, series_symbol, series_timeframe, days[1], days[cardinality(days)] + interval '24 hours',
    series_symbol, series_timeframe, series_symbol, series_timeframe);
  RETURN cardinality(days);
END $$;

-- Single prints. `trade_key` is '#' and the venue's id of the trade; where it gives none, price, size and which of the equal
-- ones of that instant it is. `seq` is its place among the trades of one instant, as they came.
DO $$
BEGIN
  EXECUTE $table$
    CREATE TABLE md.trade (
      symbol_id int NOT NULL,
      ts timestamptz NOT NULL,
      source text COLLATE "C" NOT NULL,
      trade_key text COLLATE "C" NOT NULL,
      seq int NOT NULL,
      price numeric NOT NULL CHECK (price > '-Infinity' AND price < 'Infinity'),
      size numeric NOT NULL CHECK (size >= 0 AND size < 'Infinity'),
      aggressor text COLLATE "C" CHECK (aggressor IN ('buy', 'sell')),
      known_at timestamptz NOT NULL,
      PRIMARY KEY (symbol_id, ts, source, trade_key)
    )$table$
    || CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN ''
            ELSE ' PARTITION BY RANGE (ts)' END;
END $$;

CREATE TABLE md.trade_series (
  symbol_id int PRIMARY KEY REFERENCES md.symbol,
  first_ts timestamptz NOT NULL,
  last_ts timestamptz NOT NULL,
  trade_count bigint NOT NULL
) WITH (fillfactor = 70);

-- The body that TimescaleDB gives.
DO $$
DECLARE
  timescale text := (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  IF timescale IS NULL THEN RETURN; END IF;

  EXECUTE format(
    $sql$SELECT %s.create_hypertable('md.trade', 'ts', chunk_time_interval => interval '7 days',
         create_default_indexes => false)$sql$, timescale);
  IF current_setting('timescaledb.license', true) = 'timescale' THEN
    ALTER TABLE md.trade SET (
      timescaledb.compress,
      timescaledb.compress_segmentby = 'symbol_id',
      timescaledb.compress_orderby = 'ts, source, trade_key'
    );
    EXECUTE format(
      $sql$SELECT %s.add_compression_policy('md.trade', interval '7 days')$sql$, timescale);
  END IF;

  CREATE FUNCTION md.ensure_trade_partitions(months timestamptz[]) RETURNS int
    LANGUAGE sql IMMUTABLE AS 'SELECT 0';

  EXECUTE format(
    $sql$CREATE FUNCTION md.drop_trade_chunks(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
    BEGIN
      PERFORM %s.drop_chunks('md.trade', older_than => cutoff);
      PERFORM set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
    END $body$ $sql$, timescale);

  EXECUTE format(
    $sql$CREATE FUNCTION md.table_bytes(name text) RETURNS bigint LANGUAGE sql AS $body$
      SELECT coalesce(%s.hypertable_size(name::regclass), pg_total_relation_size(name::regclass))
    $body$ $sql$, timescale);
END $$;

-- The native body. Months, not days: a handful of trades of each of the last ten years would make thousands of partitions.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN RETURN; END IF;

  CREATE TABLE md.trade_default PARTITION OF md.trade DEFAULT;

  -- As md.ensure_bar_partitions.
  CREATE FUNCTION md.ensure_trade_partitions(months timestamptz[]) RETURNS int LANGUAGE plpgsql AS $body$
  DECLARE
    month timestamp;
    lower_bound timestamptz;
    upper_bound timestamptz;
    part text;
    made int := 0;
  BEGIN
    IF NOT EXISTS (
      SELECT FROM unnest(months) AS m
      WHERE to_regclass('md.trade_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM')) IS NULL
    ) THEN
      RETURN 0;
    END IF;
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE ONLY md.trade IN SHARE UPDATE EXCLUSIVE MODE;
    PERFORM set_config('lock_timeout', '2s', true);
    FOR month IN
      SELECT DISTINCT date_trunc('month', m AT TIME ZONE 'UTC') FROM unnest(months) AS m ORDER BY 1
    LOOP
      part := 'trade_' || to_char(month, 'YYYYMM');
      CONTINUE WHEN to_regclass('md.' || part) IS NOT NULL;
      IF made = 0 THEN LOCK TABLE md.trade_default IN ACCESS EXCLUSIVE MODE; END IF;
      lower_bound := month AT TIME ZONE 'UTC';
      upper_bound := (month + interval '1 month') AT TIME ZONE 'UTC';
      EXECUTE format('CREATE TABLE md.%I (LIKE md.trade INCLUDING ALL)', part);
      EXECUTE format(
        'WITH moved AS (DELETE FROM md.trade_default WHERE ts >= %L AND ts < %L RETURNING *)
         INSERT INTO md.%I SELECT * FROM moved', lower_bound, upper_bound, part);
      EXECUTE format(
        'ALTER TABLE md.trade ATTACH PARTITION md.%I FOR VALUES FROM (%L) TO (%L)',
        part, lower_bound, upper_bound);
      made := made + 1;
    END LOOP;
    RETURN made;
  END $body$;

  CREATE FUNCTION md.drop_trade_chunks(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
  DECLARE
    part name;
  BEGIN
    LOCK TABLE ONLY md.trade IN ACCESS EXCLUSIVE MODE;
    FOR part IN
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'md.trade'::regclass
        AND c.relname ~ '^trade_[0-9]{6}$'
        AND c.relname < 'trade_' || to_char(cutoff AT TIME ZONE 'UTC', 'YYYYMM')
    LOOP
      EXECUTE format('DROP TABLE md.%I', part);
    END LOOP;
  END $body$;

  CREATE FUNCTION md.table_bytes(name text) RETURNS bigint LANGUAGE sql AS $body$
    SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(name::regclass)
  $body$;
END $$;

-- Bars by trades, volume, turnover, range or imbalance. A series may be built again with another history, so a bar may be
-- replaced.
CREATE TABLE md.special_bar (
  symbol_id int NOT NULL,
  kind text COLLATE "C" NOT NULL,
  size numeric NOT NULL,
  sequence bigint NOT NULL,
  start_ts timestamptz NOT NULL,
  end_ts timestamptz NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  volume numeric NOT NULL,
  vwap numeric,
  trade_count bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  known_at timestamptz NOT NULL,
  PRIMARY KEY (symbol_id, kind, size, sequence),
  CONSTRAINT special_bar_is_finite CHECK (
    low > '-Infinity' AND low <= high AND high < 'Infinity'
    AND open > '-Infinity' AND open < 'Infinity'
    AND close > '-Infinity' AND close < 'Infinity'
    AND volume >= 0 AND volume < 'Infinity'
    AND (vwap IS NULL OR (vwap > '-Infinity' AND vwap < 'Infinity'))
  )
);
CREATE INDEX special_bar_by_time ON md.special_bar (symbol_id, kind, size, start_ts);

-- For how many days what is kept; null for ever. Of bars each timeframe has a rule of its own; others have ''.
CREATE TABLE md.retention (
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('bars', 'trades', 'specialBars')),
  timeframe text COLLATE "C" NOT NULL,
  days int CHECK (days >= 1),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, timeframe),
  CHECK ((kind = 'bars') = (timeframe <> ''))
);
INSERT INTO md.retention (kind, timeframe, days) VALUES ('trades', '', 30), ('specialBars', '', NULL);
INSERT INTO md.retention (kind, timeframe, days)
  SELECT 'bars', t, NULL FROM unnest(array['1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w', '1mo']) AS t;

-- Retention of everything: after it no bar, revision or series reaches back before the cutoff.
CREATE OR REPLACE FUNCTION md.drop_bars_before(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM md.drop_bar_chunks(cutoff);
  DELETE FROM md.bar WHERE ts < cutoff;
  DELETE FROM md.bar_revision WHERE ts < cutoff;
  DELETE FROM md.bar_rollup WHERE ts < cutoff;
  DELETE FROM md.rollup_due WHERE day < md.utc_day(cutoff);
  DELETE FROM md.series WHERE last_ts < cutoff;
  UPDATE md.series s SET (first_ts, bar_count) = (
      SELECT min(b.ts), count(*) FROM md.bar b
      WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe
    )
    WHERE first_ts < cutoff;
  -- The hour and the day across the cutoff have lost a part.
  INSERT INTO md.rollup_due
    SELECT symbol_id, timeframe, md.utc_day(cutoff) FROM md.series
    WHERE timeframe IN ('1m', '5m', '15m', '30m')
    ON CONFLICT DO NOTHING;
END $$;

-- Deletes what of a series opened before the cutoff, but never its newest bar, which whoever asks for the last price needs.
-- @returns how many bars
CREATE FUNCTION md.trim_series(series_symbol int, series_timeframe text, cutoff timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  bound timestamptz;
  removed bigint;
BEGIN
  SELECT least(cutoff, s.last_ts) INTO bound FROM md.series s
    WHERE s.symbol_id = series_symbol AND s.timeframe = series_timeframe FOR UPDATE;
  IF bound IS NULL THEN RETURN 0; END IF;
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    PERFORM set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
  END IF;
  EXECUTE format('DELETE FROM md.bar WHERE symbol_id = %s AND timeframe = %L AND ts < %L',
    series_symbol, series_timeframe, bound);
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM md.bar_revision
    WHERE symbol_id = series_symbol AND timeframe = series_timeframe AND ts < bound;
  DELETE FROM md.bar_rollup
    WHERE symbol_id = series_symbol AND base = series_timeframe AND ts < bound;
  DELETE FROM md.rollup_due
    WHERE symbol_id = series_symbol AND timeframe = series_timeframe AND day < md.utc_day(bound);
  IF series_timeframe IN ('1m', '5m', '15m', '30m') THEN
    INSERT INTO md.rollup_due VALUES (series_symbol, series_timeframe, md.utc_day(bound))
      ON CONFLICT (symbol_id, timeframe, day) DO UPDATE SET day = excluded.day WHERE false;
  END IF;
  -- Counted anew, so that what somebody did to the table by hand is put right now and then.
  UPDATE md.series s SET (first_ts, bar_count) = (
      SELECT min(b.ts), count(*) FROM md.bar b
      WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe AND b.ts >= bound
    )
    WHERE s.symbol_id = series_symbol AND s.timeframe = series_timeframe;
  RETURN removed;
END $$;

-- @returns how many trades
CREATE FUNCTION md.drop_trades_before(cutoff timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  before bigint := (SELECT coalesce(sum(trade_count), 0) FROM md.trade_series);
BEGIN
  PERFORM s.symbol_id FROM md.trade_series s WHERE first_ts < cutoff ORDER BY symbol_id FOR UPDATE;
  PERFORM md.drop_trade_chunks(cutoff);
  DELETE FROM md.trade WHERE ts < cutoff;
  DELETE FROM md.trade_series WHERE last_ts < cutoff;
  UPDATE md.trade_series s SET (first_ts, trade_count) = (
      SELECT min(t.ts), count(*) FROM md.trade t WHERE t.symbol_id = s.symbol_id
    )
    WHERE first_ts < cutoff;
  RETURN before - (SELECT coalesce(sum(trade_count), 0) FROM md.trade_series);
END $$;

-- What was answered to an upload that came with an Idempotency-Key; null while it is worked on.
CREATE TABLE md.upload_answer (
  scope text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  -- not jsonb: the same answer, to the byte
  answer json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
