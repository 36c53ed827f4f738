-- Who may sign in, and the sessions of those who have. Secrets are kept as hashes only.

CREATE SCHEMA identity;

CREATE TABLE identity.tenant (
  tenant_id text PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO identity.tenant (tenant_id, name) VALUES ('default', 'Default');

CREATE TABLE identity.app_user (
  user_id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES identity.tenant,
  email text NOT NULL,
  name text,
  -- scrypt in the PHC string format, with its parameters
  password_hash text NOT NULL,
  role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'trader', 'risk_manager', 'compliance', 'admin')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX app_user_email ON identity.app_user (lower(email));

-- A session is a family of refresh tokens, each traded for the next. Ending it ends them all, and its access tokens.
CREATE TABLE identity.session (
  session_id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES identity.app_user ON DELETE CASCADE,
  address text,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_because text CHECK (revoked_because IN ('logout', 'tokenReused'))
);
CREATE INDEX session_of_user ON identity.session (user_id);

CREATE TABLE identity.refresh_token (
  -- sha256 of the token: it has 256 random bits, so nothing slower is needed
  token_hash bytea PRIMARY KEY,
  session_id text NOT NULL REFERENCES identity.session ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  spent_at timestamptz
);
CREATE INDEX refresh_token_session ON identity.refresh_token (session_id);
