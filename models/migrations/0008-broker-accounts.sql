-- Accounts at brokers that users have added. Their credentials are sealed before they come here (AES-256-GCM, see
-- docs/adr/0015-broker-accounts.md): this database never holds them in the clear, nor the key.

CREATE SCHEMA brokers;

CREATE TABLE brokers.account (
  account_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  owner_id text NOT NULL,
  broker text NOT NULL CHECK (broker IN ('paper', 'alpaca', 'ccxt', 'fix')),
  name text NOT NULL,
  -- what its execution reports call themselves: never changes, as orders and trades carry it
  venue text NOT NULL,
  status text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  settings json NOT NULL,
  -- an envelope that names its key
  sealed text NOT NULL,
  key_id text NOT NULL,
  -- grows with every change that an adapter must hear of
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX account_by_tenant ON brokers.account (tenant_id, owner_id, created_at, account_id);
