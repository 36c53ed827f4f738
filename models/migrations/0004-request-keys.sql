-- Idempotency keys of requests whose effect has an identity of its own (an order with a clOrdId, say): which body a key was
-- first used with. Where the key itself makes the command id, the journal's command table remembers it.
CREATE TABLE act.request_key (
  scope text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
