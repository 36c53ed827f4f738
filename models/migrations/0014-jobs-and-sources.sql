-- Long work that somebody asked for over REST, and what operators have set for the vendors of market data.

CREATE SCHEMA ops;

CREATE TABLE ops.job (
  job_id text PRIMARY KEY,
  kind text NOT NULL,
  tenant_id text NOT NULL,
  owner_id text NOT NULL,
  params jsonb NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress float8 NOT NULL DEFAULT 0 CHECK (progress >= 0 AND progress <= 1),
  message text,
  -- the last two are written with the status in which it ended
  result jsonb,
  error jsonb,
  -- begun again from its params after its node was lost; one that is not is failed then
  is_resumable boolean NOT NULL,
  -- how often a node has taken it: a node that was given up for lost cannot write under an older number
  attempt integer NOT NULL DEFAULT 0,
  claimed_by text,
  lease_until timestamptz,
  is_cancel_requested boolean NOT NULL DEFAULT false,
  deadline_at timestamptz NOT NULL,
  -- whole milliseconds: lists go on after one
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  started_at timestamptz,
  ended_at timestamptz,
  CHECK (status <> 'running' OR (claimed_by IS NOT NULL AND lease_until IS NOT NULL))
);
CREATE INDEX job_queue ON ops.job (kind, created_at, job_id) WHERE status = 'queued';
CREATE INDEX job_unended ON ops.job (deadline_at) WHERE status IN ('queued', 'running');
CREATE INDEX job_by_owner ON ops.job (tenant_id, owner_id, created_at, job_id);

-- A source without a row has the settings that it came with.
CREATE TABLE ops.data_source (
  source_id text PRIMARY KEY,
  is_enabled boolean NOT NULL,
  -- a lower one is asked first
  priority integer NOT NULL,
  -- our symbols to the vendor's, where they are not what the source makes of them itself
  symbols jsonb NOT NULL DEFAULT '{}',
  -- { requests, perSeconds }; null: what the vendor allows without a contract
  rate_limit jsonb,
  -- where a source of files finds what
  layouts jsonb,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How the last calls ended, whichever node made them. Credentials are never here.
CREATE TABLE ops.data_source_health (
  source_id text PRIMARY KEY,
  last_success_at timestamptz,
  last_error_at timestamptz,
  last_error_code text,
  last_error text
);
