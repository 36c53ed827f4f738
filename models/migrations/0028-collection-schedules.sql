-- What is collected by itself. A schedule knows the time that is due; the job of that time is named after it, so that several
-- nodes may look.
CREATE TABLE ops.collection_schedule (
  schedule_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  -- on whose behalf it collects, and the role that they had when they made it
  owner_id text NOT NULL,
  owner_role text NOT NULL,
  name text NOT NULL,
  -- { kind: marketData | alternativeData, … }
  target jsonb NOT NULL,
  -- { kind: every | daily | afterClose, … }
  timing jsonb NOT NULL,
  is_enabled boolean NOT NULL,
  -- since when target, timing and whether it is enabled are as they are
  set_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  -- later than due_at when it is tried again
  start_at timestamptz NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  failures_in_a_row integer NOT NULL DEFAULT 0,
  -- of the run under way
  job_id text,
  -- { dueAtMs, atMs, jobId, status, error }
  last_run jsonb,
  -- counts writes: of two nodes that found the same, one writes
  revision integer NOT NULL DEFAULT 0,
  -- whole milliseconds: lists go on after one
  created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  updated_at timestamptz NOT NULL
);
CREATE INDEX collection_schedule_by_tenant ON ops.collection_schedule (tenant_id, created_at, schedule_id);
CREATE INDEX collection_schedule_due ON ops.collection_schedule (start_at) WHERE is_enabled AND job_id IS NULL;
CREATE INDEX collection_schedule_under_way ON ops.collection_schedule (job_id) WHERE job_id IS NOT NULL;
