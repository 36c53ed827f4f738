-- Stops of trading from outside a portfolio, the limits of whole tenants, and what was warned of.

CREATE SCHEMA risk;

-- Who stopped or resumed what, when and why: rows are only ever added. The newest of a tenant, portfolio and symbol counts.
CREATE TABLE risk.switch (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  -- null: all portfolios of the tenant
  portfolio_id text,
  -- null: all symbols
  symbol text,
  state text NOT NULL CHECK (state IN ('active', 'reducing', 'halted')),
  reason text NOT NULL,
  set_by text NOT NULL,
  cancel_open_orders boolean NOT NULL,
  flatten boolean NOT NULL,
  expires_at timestamptz,
  -- the client's idempotency key: a repeat finds what the first has set
  request_key text,
  set_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
);
CREATE UNIQUE INDEX switch_by_request ON risk.switch (set_by, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX switch_by_key ON risk.switch (tenant_id, portfolio_id, symbol, seq);

-- What a tenant's portfolios may risk, each and together; the newest counts, the others are its history.
CREATE TABLE risk.tenant_limits (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  policy jsonb NOT NULL,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
);
CREATE INDEX tenant_limits_by_tenant ON risk.tenant_limits (tenant_id, seq);

CREATE FUNCTION risk.only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% keeps what happened: rows are only added', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON risk.switch
  FOR EACH STATEMENT EXECUTE FUNCTION risk.only_added();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON risk.tenant_limits
  FOR EACH STATEMENT EXECUTE FUNCTION risk.only_added();

-- What not all portfolios have acknowledged yet: it is told again until they have.
CREATE TABLE risk.pending (
  kind text NOT NULL CHECK (kind IN ('switch', 'tenantLimits')),
  seq bigint NOT NULL,
  PRIMARY KEY (kind, seq)
);

-- The portfolios that have to be looked at as prices move, as few of all may be.
CREATE TABLE risk.watched (
  portfolio_id text PRIMARY KEY
);

-- A limit that was come near to or gone beyond, from then until it was not any more.
CREATE TABLE risk.breach (
  breach_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  portfolio_id text NOT NULL,
  limit_name text NOT NULL,
  level text NOT NULL CHECK (level IN ('warning', 'breach')),
  limit_value text NOT NULL,
  observed text NOT NULL,
  began_at timestamptz NOT NULL,
  ended_at timestamptz
);
-- One at a time, whichever nodes look.
CREATE UNIQUE INDEX breach_open ON risk.breach (portfolio_id, limit_name) WHERE ended_at IS NULL;
CREATE INDEX breach_by_portfolio ON risk.breach (portfolio_id, breach_id);

-- What somebody was told of; one condition that comes and goes is not told again before its cool-down has passed.
CREATE TABLE risk.alert (
  alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  portfolio_id text,
  owner_id text,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  message text NOT NULL,
  limit_value text,
  observed text,
  raised_at timestamptz NOT NULL,
  -- how often the condition came back while the alert was silent
  repeats integer NOT NULL DEFAULT 0,
  acked_at timestamptz,
  acked_by text
);
CREATE INDEX alert_by_tenant ON risk.alert (tenant_id, alert_id);
CREATE INDEX alert_by_condition ON risk.alert (tenant_id, portfolio_id, kind, severity, alert_id);
