-- Market data: instruments, bars with the time at which each version became known, signals, strategies, feed positions.
-- One schema in two bodies: a hypertable where TimescaleDB is loaded, native monthly partitions where it is not. Whatever
-- differs hides behind md.ensure_bar_partitions, md.drop_bar_chunks, and time_bucket, first and last, which are in md unless
-- somebody had installed TimescaleDB into another schema before.

CREATE SCHEMA IF NOT EXISTS md;

-- Available is not enough: a server that did not preload the library ends the session that creates the extension. A
-- library that is loaded has settings.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')
     AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
     AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    CREATE EXTENSION timescaledb SCHEMA md;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'timescaledb is available, but this role may not create it: bars go to native partitions';
END $$;

-- Symbols and ids sort by bytes, so that pages come in the same order on every machine.
CREATE TABLE md.instrument (
  symbol text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  asset_class text NOT NULL,
  venue text NOT NULL,
  currency text NOT NULL,
  tick_size numeric NOT NULL CHECK (tick_size > 0),
  lot_size numeric NOT NULL CHECK (lot_size > 0),
  multiplier numeric NOT NULL CHECK (multiplier > 0),
  shortable boolean NOT NULL,
  calendar text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Bars may exist for a symbol that nobody has described yet, so this does not refer to md.instrument.
CREATE TABLE md.symbol (
  symbol_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  symbol text COLLATE "C" NOT NULL UNIQUE
);

-- Refers to md.symbol without a foreign key: it would be checked for every row of a COPY, and each new partition would
-- lock md.symbol against writers.
DO $$
BEGIN
  EXECUTE $table$
    CREATE TABLE md.bar (
      symbol_id int NOT NULL,
      timeframe text COLLATE "C" NOT NULL
        CHECK (timeframe IN ('1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w', '1mo')),
      ts timestamptz NOT NULL,
      open numeric NOT NULL,
      high numeric NOT NULL,
      low numeric NOT NULL,
      close numeric NOT NULL,
      volume numeric NOT NULL,
      vwap numeric,
      trade_count int,
      source text COLLATE "C" NOT NULL,
      known_at timestamptz NOT NULL,
      revision int NOT NULL DEFAULT 0,
      PRIMARY KEY (symbol_id, timeframe, ts),
      -- NaN sorts above infinity, so these bounds refuse both
      CONSTRAINT bar_is_finite CHECK (
        low > '-Infinity' AND low <= high AND high < 'Infinity'
        AND open > '-Infinity' AND open < 'Infinity'
        AND close > '-Infinity' AND close < 'Infinity'
        AND volume >= 0 AND volume < 'Infinity'
        AND (vwap IS NULL OR (vwap > '-Infinity' AND vwap < 'Infinity'))
      )
    )$table$
    || CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN ''
            ELSE ' PARTITION BY RANGE (ts)' END;
END $$;

-- Earlier versions of a bar. A version was believed from its known_at until the known_at of the next revision.
CREATE TABLE md.bar_revision (LIKE md.bar, PRIMARY KEY (symbol_id, timeframe, ts, revision));

CREATE FUNCTION md.keep_revision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO md.bar_revision
    (symbol_id, timeframe, ts, open, high, low, close, volume, vwap, trade_count, source, known_at, revision)
  VALUES
    (old.symbol_id, old.timeframe, old.ts, old.open, old.high, old.low, old.close, old.volume, old.vwap,
     old.trade_count, old.source, old.known_at, old.revision);
  RETURN NULL;
END $$;

CREATE TRIGGER bar_revised AFTER UPDATE ON md.bar
  FOR EACH ROW EXECUTE FUNCTION md.keep_revision();

-- What is stored of a symbol in a timeframe, so that no question about coverage visits every partition.
CREATE TABLE md.series (
  symbol_id int NOT NULL REFERENCES md.symbol,
  timeframe text COLLATE "C" NOT NULL,
  first_ts timestamptz NOT NULL,
  last_ts timestamptz NOT NULL,
  known_at timestamptz NOT NULL,
  PRIMARY KEY (symbol_id, timeframe)
) WITH (fillfactor = 70);

-- The body that TimescaleDB gives.
DO $$
DECLARE
  timescale text := (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  IF timescale IS NULL THEN RETURN; END IF;

  EXECUTE format(
    $sql$SELECT %s.create_hypertable('md.bar', 'ts', chunk_time_interval => interval '1 month',
         create_default_indexes => false)$sql$, timescale);

  -- The edition under the Apache licence has hypertables without compression.
  IF current_setting('timescaledb.license', true) = 'timescale' THEN
    ALTER TABLE md.bar SET (
      timescaledb.compress,
      timescaledb.compress_segmentby = 'symbol_id, timeframe',
      timescaledb.compress_orderby = 'ts'
    );
    EXECUTE format(
      $sql$SELECT %s.add_compression_policy('md.bar', interval '3 months')$sql$, timescale);
  END IF;

  CREATE FUNCTION md.ensure_bar_partitions(months timestamptz[]) RETURNS int
    LANGUAGE sql IMMUTABLE AS 'SELECT 0';

  -- What is left of a chunk across the cutoff is deleted row by row, however many of these are compressed.
  EXECUTE format(
    $sql$CREATE FUNCTION md.drop_bar_chunks(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
    BEGIN
      PERFORM %s.drop_chunks('md.bar', older_than => cutoff);
      PERFORM set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
    END $body$ $sql$, timescale);
END $$;

-- The native body.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN RETURN; END IF;

  -- The net for months that have no partition yet.
  CREATE TABLE md.bar_default PARTITION OF md.bar DEFAULT;

  -- Makes the partitions of these months (UTC) that are missing, and moves into them what the net caught. It locks the net
  -- and nothing else against readers and writers; when a lock cannot be had in seconds it gives up with
  -- lock_not_available, and the net catches the rows.
  CREATE FUNCTION md.ensure_bar_partitions(months timestamptz[]) RETURNS int LANGUAGE plpgsql AS $body$
  DECLARE
    month timestamp;
    lower_bound timestamptz;
    upper_bound timestamptz;
    part text;
    made int := 0;
  BEGIN
    IF NOT EXISTS (
      SELECT FROM unnest(months) AS m
      WHERE to_regclass('md.bar_' || to_char(m AT TIME ZONE 'UTC', 'YYYYMM')) IS NULL
    ) THEN
      RETURN 0;
    END IF;
    -- One at a time. A lock on the table, because waiting for it also tells what others have made meanwhile.
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE ONLY md.bar IN SHARE UPDATE EXCLUSIVE MODE;
    PERFORM set_config('lock_timeout', '2s', true);
    FOR month IN
      SELECT DISTINCT date_trunc('month', m AT TIME ZONE 'UTC') FROM unnest(months) AS m ORDER BY 1
    LOOP
      part := 'bar_' || to_char(month, 'YYYYMM');
      CONTINUE WHEN to_regclass('md.' || part) IS NOT NULL;
      IF made = 0 THEN LOCK TABLE md.bar_default IN ACCESS EXCLUSIVE MODE; END IF;
      lower_bound := month AT TIME ZONE 'UTC';
      upper_bound := (month + interval '1 month') AT TIME ZONE 'UTC';
      EXECUTE format('CREATE TABLE md.%I (LIKE md.bar INCLUDING ALL)', part);
      EXECUTE format(
        'WITH moved AS (DELETE FROM md.bar_default WHERE ts >= %L AND ts < %L RETURNING *)
         INSERT INTO md.%I SELECT * FROM moved', lower_bound, upper_bound, part);
      EXECUTE format(
        'ALTER TABLE md.bar ATTACH PARTITION md.%I FOR VALUES FROM (%L) TO (%L)',
        part, lower_bound, upper_bound);
      made := made + 1;
    END LOOP;
    RETURN made;
  END $body$;

  CREATE FUNCTION md.drop_bar_chunks(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
  DECLARE
    part name;
  BEGIN
    LOCK TABLE ONLY md.bar IN ACCESS EXCLUSIVE MODE;
    FOR part IN
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'md.bar'::regclass
        AND c.relname ~ '^bar_[0-9]{6}$'
        AND c.relname < 'bar_' || to_char(cutoff AT TIME ZONE 'UTC', 'YYYYMM')
    LOOP
      EXECUTE format('DROP TABLE md.%I', part);
    END LOOP;
  END $body$;

  -- TimescaleDB's origins: Monday 2000-01-03 for widths up to weeks, 2000-01-01 for months and years, both UTC. Not
  -- strict, so that the planner can inline it.
  CREATE FUNCTION md.time_bucket(bucket_width interval, ts timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE
      WHEN extract(year FROM bucket_width) * 12 + extract(month FROM bucket_width) = 0
        THEN date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00')
      ELSE (
        timestamp '2000-01-01' + interval '1 month' * (
          floor(
            ((extract(year FROM ts AT TIME ZONE 'UTC') - 2000) * 12
              + extract(month FROM ts AT TIME ZONE 'UTC') - 1)
            / (extract(year FROM bucket_width) * 12 + extract(month FROM bucket_width))
          ) * (extract(year FROM bucket_width) * 12 + extract(month FROM bucket_width))
        )::int
      ) AT TIME ZONE 'UTC'
    END
  $body$;

  CREATE TYPE md.timed_value AS (at timestamptz, value numeric);

  CREATE FUNCTION md.earlier(state md.timed_value, value numeric, at timestamptz) RETURNS md.timed_value
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
  BEGIN
    IF at IS NOT NULL AND (state.at IS NULL OR at < state.at) THEN
      RETURN (at, value)::md.timed_value;
    END IF;
    RETURN state;
  END $body$;

  CREATE FUNCTION md.later(state md.timed_value, value numeric, at timestamptz) RETURNS md.timed_value
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
  BEGIN
    IF at IS NOT NULL AND (state.at IS NULL OR at > state.at) THEN
      RETURN (at, value)::md.timed_value;
    END IF;
    RETURN state;
  END $body$;

  CREATE FUNCTION md.value_of(state md.timed_value) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT state.value';

  -- For queries written by hand; the store's own use array_agg, which measured 2.5 times as fast.
  CREATE AGGREGATE md.first(numeric, timestamptz) (
    sfunc = md.earlier, stype = md.timed_value, finalfunc = md.value_of
  );
  CREATE AGGREGATE md.last(numeric, timestamptz) (
    sfunc = md.later, stype = md.timed_value, finalfunc = md.value_of
  );
END $$;

-- Retention: after it no bar, revision or series reaches back before the cutoff.
CREATE FUNCTION md.drop_bars_before(cutoff timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM md.drop_bar_chunks(cutoff);
  DELETE FROM md.bar WHERE ts < cutoff;
  DELETE FROM md.bar_revision WHERE ts < cutoff;
  DELETE FROM md.series WHERE last_ts < cutoff;
  UPDATE md.series s
    SET first_ts = (
      SELECT min(b.ts) FROM md.bar b WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe
    )
    WHERE first_ts < cutoff;
END $$;

CREATE TABLE md.signal (
  id uuid PRIMARY KEY,
  strategy_id text NOT NULL,
  symbol text COLLATE "C" NOT NULL,
  side text NOT NULL CHECK (side IN ('buy', 'sell', 'hold')),
  strength double precision NOT NULL CHECK (strength BETWEEN 0 AND 1),
  confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  reason text NOT NULL,
  source text NOT NULL,
  as_of timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX signal_by_time ON md.signal (as_of, id);
CREATE INDEX signal_by_symbol ON md.signal (symbol, as_of, id);

CREATE TABLE md.strategy (
  id text COLLATE "C" PRIMARY KEY,
  portfolio_id text NOT NULL,
  symbol text COLLATE "C" NOT NULL,
  timeframe text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  parameters jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'stopped')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX strategy_by_symbol ON md.strategy (symbol, timeframe) WHERE status = 'running';

CREATE TABLE md.feed_position (
  feed_id text COLLATE "C" PRIMARY KEY,
  position jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'paused', 'finished')),
  updated_at timestamptz NOT NULL DEFAULT now()
);
