-- A breach of what a tenant's portfolios come to together is nobody's portfolio's.
ALTER TABLE risk.breach ALTER COLUMN portfolio_id DROP NOT NULL;
-- One at a time, whichever nodes look.
CREATE UNIQUE INDEX breach_open_of_tenant ON risk.breach (tenant_id, limit_name)
  WHERE ended_at IS NULL AND portfolio_id IS NULL;
CREATE INDEX breach_by_tenant ON risk.breach (tenant_id, breach_id) WHERE portfolio_id IS NULL;
