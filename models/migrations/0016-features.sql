-- Formulas that users have named, which features are kept of what as bars close, and what those were found to be.

CREATE TABLE md.formula (
  tenant_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  formula text NOT NULL,
  description text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
);

-- `features` is [{ name, formula }]: a formula is kept as it was when the set was made, null where there is none.
CREATE TABLE md.feature_set (
  tenant_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  timeframe text COLLATE "C" NOT NULL,
  symbols text[] COLLATE "C" NOT NULL,
  features jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
CREATE INDEX feature_set_by_symbol ON md.feature_set USING gin (symbols);

-- A value at the close of the bar that opened at ts, known from known_at until the next of the same bar. `feature` is a name
-- of the catalogue, or "=" and a formula: two tenants with one formula share its values, one name with two formulas does not
-- mix them. `value` is a number, null, or an object of these by line.
CREATE TABLE md.feature (
  symbol_id int NOT NULL,
  timeframe text COLLATE "C" NOT NULL,
  feature text COLLATE "C" NOT NULL,
  ts timestamptz NOT NULL,
  known_at timestamptz NOT NULL,
  value jsonb NOT NULL,
  PRIMARY KEY (symbol_id, timeframe, feature, ts, known_at)
);

DO $$
DECLARE
  timescale text := (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  IF timescale IS NULL THEN RETURN; END IF;
  EXECUTE format(
    $sql$SELECT %s.create_hypertable('md.feature', 'ts', chunk_time_interval => interval '1 month',
         create_default_indexes => false)$sql$, timescale);
END $$;
