-- FIX sessions: the numbers of both directions, and what was asked of the counterparty. See docs/adr/0017-fix-sessions.md.
CREATE SCHEMA fix;

CREATE TABLE fix.session (
  -- account, SenderCompID, TargetCompID
  session_id text PRIMARY KEY,
  -- grows each time that a node takes the session; whoever holds an older one can change nothing any more
  epoch bigint NOT NULL DEFAULT 0,
  -- MsgSeqNum of the next message that we send
  next_out bigint NOT NULL DEFAULT 1 CHECK (next_out > 0),
  -- MsgSeqNum of the next message that is not dealt with yet
  next_in bigint NOT NULL DEFAULT 1 CHECK (next_in > 0),
  -- when the numbers last began at 1
  reset_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  is_up boolean NOT NULL DEFAULT false,
  -- why it is not up
  words text NOT NULL DEFAULT 'it was never begun',
  told_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What any node asks of the counterparty; the node that holds the session numbers it and sends it. Messages that are not here
-- (of the session itself) are passed over when the counterparty wants its gap filled.
CREATE TABLE fix.request (
  session_id text NOT NULL,
  -- ClOrdID, or the id of a question: a request of one id is sent once, however often it is asked for
  client_id text NOT NULL,
  order_id text,
  msg_type text NOT NULL,
  -- [[tag, value], …] after the header
  body json NOT NULL,
  -- quantity, limit and trigger of the order as it was asked for; null for what is no order
  terms json,
  -- the order of sending
  pos bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  -- not sent later than that: nobody waits for it
  expires_at timestamptz NOT NULL,
  sendings int NOT NULL DEFAULT 0,
  -- MsgSeqNum and SendingTime of the last sending; seq is null when its numbering has ended, both while it is to be sent
  seq bigint,
  sent_at timestamptz,
  -- the counterparty's word; null while there is none
  answer json,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (session_id, client_id)
) WITH (fillfactor = 70);
CREATE INDEX request_due ON fix.request (session_id, pos) WHERE sent_at IS NULL;
CREATE UNIQUE INDEX request_seq ON fix.request (session_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX request_order ON fix.request (session_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX request_created ON fix.request (session_id, created_at);
