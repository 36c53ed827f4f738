-- Signals belong to a tenant, end, and say what their confidence is; strategies are more than one symbol and a rule.

-- When the newest stored bar of a symbol closed, whatever its timeframe; null: there is none.
CREATE FUNCTION md.newest_close(wanted text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT max(e.last_ts + CASE e.timeframe
      WHEN '1m' THEN interval '1 minute' WHEN '5m' THEN interval '5 minutes' WHEN '15m' THEN interval '15 minutes'
      WHEN '30m' THEN interval '30 minutes' WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours'
      WHEN '1d' THEN interval '24 hours' WHEN '1w' THEN interval '168 hours' ELSE interval '1 month' END)
    FROM md.series e JOIN md.symbol y USING (symbol_id)
   WHERE y.symbol = wanted
$$;

ALTER TABLE md.strategy
  ADD COLUMN tenant_id text,
  ADD COLUMN name text,
  ADD COLUMN symbols text[] COLLATE "C",
  ADD COLUMN sizing jsonb,
  ADD COLUMN allow_short boolean NOT NULL DEFAULT false,
  ADD COLUMN max_position numeric,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

UPDATE md.strategy s
   SET tenant_id = p.tenant_id
  FROM act.view p
 WHERE p.type = 'portfolio' AND p.id = s.portfolio_id;
UPDATE md.strategy
   SET name = id, symbols = ARRAY[symbol], parameters = parameters - 'fraction',
       sizing = jsonb_build_object('method', 'fixedFraction', 'fraction', coalesce(parameters ->> 'fraction', '1')),
       -- One without a portfolio can act for nobody.
       status = CASE WHEN tenant_id IS NULL THEN 'stopped' ELSE status END;

ALTER TABLE md.strategy
  ALTER COLUMN name SET NOT NULL,
  ALTER COLUMN symbols SET NOT NULL,
  ALTER COLUMN sizing SET NOT NULL;
DROP INDEX md.strategy_by_symbol;
ALTER TABLE md.strategy DROP COLUMN symbol;
CREATE INDEX strategy_by_symbol ON md.strategy USING gin (symbols) WHERE status = 'running';
CREATE INDEX strategy_by_tenant ON md.strategy (tenant_id, created_at, id);

ALTER TABLE md.signal
  ALTER COLUMN confidence DROP NOT NULL,
  -- null: nobody's, of strategies whose portfolio is not there any more
  ADD COLUMN tenant_id text,
  ADD COLUMN origin text NOT NULL DEFAULT 'strategy' CHECK (origin IN ('strategy', 'request')),
  ADD COLUMN timeframe text COLLATE "C",
  ADD COLUMN goal text CHECK (goal IN ('long', 'flat', 'short')),
  -- of the legs of a pair: their shares, which stand as the hedge ratio, the larger being 1
  ADD COLUMN weight double precision NOT NULL DEFAULT 1,
  -- bars that it is about
  ADD COLUMN horizon integer,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN confidence_basis text CHECK (confidence_basis IN ('calibratedProbability', 'hitRate', 'rule')),
  ADD COLUMN sample_size integer,
  ADD COLUMN model_id text,
  ADD COLUMN model_version integer;

UPDATE md.signal g
   SET tenant_id = s.tenant_id, timeframe = s.timeframe
  FROM md.strategy s
 WHERE s.id = g.strategy_id;
-- What it was before: how decisive the crossing was.
UPDATE md.signal SET confidence_basis = 'rule', goal = CASE side WHEN 'buy' THEN 'long' WHEN 'sell' THEN 'flat' END;

DROP INDEX md.signal_by_time, md.signal_by_symbol;
CREATE INDEX signal_by_time ON md.signal (tenant_id, as_of, id);
CREATE INDEX signal_by_symbol ON md.signal (tenant_id, symbol, as_of, id);
CREATE INDEX signal_by_strategy ON md.signal (strategy_id, as_of, id);
