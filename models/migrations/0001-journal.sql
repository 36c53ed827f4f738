-- The journal of the actor layer: streams of events with their commands, effects, reminders and leases, and the books
-- that are written in the same transaction. See docs/ARCHITECTURE.md, "Turn and commit".

CREATE SCHEMA act;
CREATE SCHEMA book;

CREATE TABLE act.member (
  node_id text PRIMARY KEY,
  incarnation uuid NOT NULL,
  session_key bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('up', 'draining', 'down')),
  weight int NOT NULL DEFAULT 1,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE act.shard (
  shard int PRIMARY KEY,
  owner text,
  incarnation uuid,
  session_key bigint,
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO act.shard (shard) SELECT generate_series(0, 1023);

CREATE TABLE act.stream (
  stream_id text PRIMARY KEY,
  shard int NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  epoch bigint NOT NULL DEFAULT 0,
  hash text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);

-- `data` is json, not jsonb: the hash chain is taken over its text, which must come back as it was written.
CREATE TABLE act.event (
  stream_id text NOT NULL,
  version bigint NOT NULL,
  shard int NOT NULL,
  type text NOT NULL,
  data json NOT NULL,
  cmd_id uuid NOT NULL,
  hash text NOT NULL,
  at timestamptz NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  pos bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (stream_id, version)
);
CREATE INDEX event_feed ON act.event (shard, tx, pos);

CREATE TABLE act.command (
  stream_id text NOT NULL,
  cmd_id uuid NOT NULL,
  body_hash text NOT NULL,
  version bigint NOT NULL,
  reply json,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, cmd_id)
);

CREATE TABLE act.snapshot (
  stream_id text PRIMARY KEY,
  version bigint NOT NULL,
  schema_version int NOT NULL,
  state json NOT NULL,
  -- of the last event in it
  at timestamptz NOT NULL
);

CREATE TABLE act.effect (
  effect_id uuid PRIMARY KEY,
  stream_id text NOT NULL,
  shard int NOT NULL,
  effect json NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  -- null: parked after a refusal, for an operator to look at
  -- Tried at once by whoever committed it; a poll that finds it later finds what was left behind.
  due_at timestamptz DEFAULT clock_timestamp() + interval '1 second',
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX effect_due ON act.effect (due_at);

CREATE TABLE act.reminder (
  stream_id text NOT NULL,
  name text NOT NULL,
  shard int NOT NULL,
  due_at timestamptz NOT NULL,
  every_ms bigint CHECK (every_ms > 0),
  misfire json NOT NULL,
  command json NOT NULL,
  PRIMARY KEY (stream_id, name)
);
CREATE INDEX reminder_due ON act.reminder (due_at);

CREATE TABLE act.relay (
  shard int PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT '0',
  pos bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO act.relay (shard) SELECT generate_series(0, 1023);

-- Each actor as lists and queries see it: the state after its last turn.
CREATE TABLE act.view (
  type text NOT NULL,
  id text NOT NULL,
  tenant_id text NOT NULL,
  owner_id text,
  portfolio_id text,
  symbol text,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version bigint NOT NULL,
  doc json NOT NULL,
  PRIMARY KEY (type, id)
) WITH (fillfactor = 70);
CREATE INDEX view_by_portfolio ON act.view (type, portfolio_id, created_at, id);
CREATE INDEX view_by_tenant ON act.view (type, tenant_id, created_at, id);

-- Double entry. Rows are facts: neither changed nor removed, and each statement that adds some must balance by itself,
-- so that Σ debit = Σ credit per transaction and currency at every instant.
CREATE TABLE book.ledger_entry (
  transaction_id uuid NOT NULL,
  idx int NOT NULL,
  portfolio_id text NOT NULL,
  account text NOT NULL,
  currency text NOT NULL,
  debit numeric NOT NULL CHECK (debit >= 0),
  credit numeric NOT NULL CHECK (credit >= 0),
  memo text NOT NULL,
  order_id text,
  trade_id text,
  at timestamptz NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (transaction_id, idx),
  CHECK (debit = 0 OR credit = 0)
);
CREATE INDEX ledger_by_portfolio ON book.ledger_entry (portfolio_id, seq);

CREATE FUNCTION book.refuse_imbalance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE broken record;
BEGIN
  SELECT transaction_id, currency, sum(debit) AS debit, sum(credit) AS credit INTO broken
    FROM added GROUP BY transaction_id, currency HAVING sum(debit) <> sum(credit) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger transaction % does not balance in %: debit %, credit %',
      broken.transaction_id, broken.currency, broken.debit, broken.credit USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER balanced AFTER INSERT ON book.ledger_entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION book.refuse_imbalance();

CREATE FUNCTION book.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON book.ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION book.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act.event
  FOR EACH STATEMENT EXECUTE FUNCTION book.refuse_change();

CREATE TABLE book.trade (
  trade_id text PRIMARY KEY,
  venue text NOT NULL,
  exec_id text NOT NULL,
  order_id text NOT NULL,
  portfolio_id text NOT NULL,
  tenant_id text NOT NULL,
  symbol text NOT NULL,
  side text NOT NULL CHECK (side IN ('buy', 'sell')),
  price numeric NOT NULL,
  quantity numeric NOT NULL CHECK (quantity > 0),
  fees numeric NOT NULL,
  currency text NOT NULL,
  liquidity text NOT NULL,
  realized_pnl numeric NOT NULL,
  executed_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  settlement_date date NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  UNIQUE (venue, exec_id)
);
CREATE INDEX trade_by_portfolio ON book.trade (portfolio_id, seq);
CREATE INDEX trade_by_order ON book.trade (order_id);

-- Claims streams for the epoch of their shard, making those that do not exist yet: from here on an older epoch cannot
-- write them. A stream that a newer epoch holds, or whose shard has moved on, does not come back.
CREATE FUNCTION act.claim(p_stream text[], p_shard int[], p_epoch bigint[])
RETURNS TABLE (stream_id text, version bigint, hash text) LANGUAGE sql AS $$
  INSERT INTO act.stream AS s (stream_id, shard, epoch)
    SELECT w.id, w.shard, w.epoch FROM unnest(p_stream, p_shard, p_epoch) AS w (id, shard, epoch)
      JOIN act.shard o ON o.shard = w.shard AND o.epoch = w.epoch
     ORDER BY w.id
    ON CONFLICT (stream_id) DO UPDATE SET epoch = excluded.epoch WHERE s.epoch <= excluded.epoch
  RETURNING s.stream_id, s.version, s.hash
$$;

-- Appends whole turns, at most one a stream, given in stream order so that two nodes cannot deadlock. Answers per turn
-- 'ok', 'conflict' or 'fenced'. A command id that is on record already raises QA001 and writes nothing: the caller sends
-- the turns one by one then. A plain loop beats one set-based statement on small batches, where the planner would
-- scan the stream table.
CREATE FUNCTION act.append_turns(
  t_stream text[], t_shard int[], t_epoch bigint[], t_expected bigint[], t_count int[], t_hash text[], t_at bigint[],
  e_turn int[], e_version bigint[], e_type text[], e_data text[], e_cmd uuid[], e_hash text[],
  c_turn int[], c_id uuid[], c_body text[], c_version bigint[], c_reply text[],
  f_turn int[], f_id uuid[], f_effect text[],
  v_turn int[], v_type text[], v_id text[], v_tenant text[], v_owner text[], v_portfolio text[], v_symbol text[],
  v_status text[], v_created bigint[], v_doc text[],
  p_reminders json, p_ledger json, p_trades json
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  outcome text[] := array_fill('ok'::text, ARRAY[cardinality(t_stream)]);
  done boolean[] := array_fill(true, ARRAY[cardinality(t_stream)]);
  expected int; written int; newer bigint;
BEGIN
  FOR i IN 1 .. cardinality(t_stream) LOOP
    IF t_expected[i] = 0 THEN
      INSERT INTO act.stream (stream_id, shard, version, epoch, hash)
        SELECT t_stream[i], t_shard[i], t_count[i], t_epoch[i], t_hash[i]
          FROM act.shard o WHERE o.shard = t_shard[i] AND o.epoch = t_epoch[i]
        ON CONFLICT DO NOTHING;
      CONTINUE WHEN FOUND;
    END IF;
    UPDATE act.stream SET version = version + t_count[i], hash = t_hash[i]
      WHERE stream_id = t_stream[i] AND version = t_expected[i] AND epoch = t_epoch[i];
    IF NOT FOUND THEN
      SELECT max(epoch) INTO newer FROM act.stream WHERE stream_id = t_stream[i];
      outcome[i] := CASE WHEN newer <= t_epoch[i] THEN 'conflict' ELSE 'fenced' END;
      done[i] := false;
    END IF;
  END LOOP;

  INSERT INTO act.command (stream_id, cmd_id, body_hash, version, reply)
    SELECT t_stream[t], id, body, ver, reply::json
      FROM unnest(c_turn, c_id, c_body, c_version, c_reply) AS c (t, id, body, ver, reply) WHERE done[t]
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS written = ROW_COUNT;
  SELECT count(*) INTO expected FROM unnest(c_turn) AS t WHERE done[t];
  IF written <> expected THEN
    RAISE EXCEPTION 'command on record' USING ERRCODE = 'QA001';
  END IF;

  INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
    SELECT t_stream[t], ver, t_shard[t], type, data::json, cmd, hash, to_timestamp(t_at[t] / 1000.0)
      FROM unnest(e_turn, e_version, e_type, e_data, e_cmd, e_hash) AS e (t, ver, type, data, cmd, hash) WHERE done[t];

  IF cardinality(f_turn) > 0 THEN
    INSERT INTO act.effect (effect_id, stream_id, shard, effect)
      SELECT id, t_stream[t], t_shard[t], effect::json FROM unnest(f_turn, f_id, f_effect) AS f (t, id, effect) WHERE done[t];
  END IF;

  IF cardinality(v_turn) > 0 THEN
    INSERT INTO act.view AS v
      (type, id, tenant_id, owner_id, portfolio_id, symbol, status, created_at, updated_at, version, doc)
      SELECT type, id, tenant, owner, portfolio, sym, state, to_timestamp(created / 1000.0),
             to_timestamp(t_at[t] / 1000.0), t_expected[t] + t_count[t], content::json
        FROM unnest(v_turn, v_type, v_id, v_tenant, v_owner, v_portfolio, v_symbol, v_status, v_created, v_doc)
          AS n (t, type, id, tenant, owner, portfolio, sym, state, created, content)
       WHERE done[t]
      ON CONFLICT (type, id) DO UPDATE SET owner_id = excluded.owner_id, status = excluded.status,
        updated_at = excluded.updated_at, version = excluded.version, doc = excluded.doc;
  END IF;

  IF p_reminders IS NOT NULL THEN PERFORM act.change_reminders(t_stream, t_shard, done, p_reminders); END IF;

  IF p_ledger IS NOT NULL THEN
    INSERT INTO book.ledger_entry
      (transaction_id, idx, portfolio_id, account, currency, debit, credit, memo, order_id, trade_id, at)
      SELECT "transactionId", "index", "portfolioId", account, currency, debit, credit, memo, "orderId", "tradeId",
             to_timestamp("atMs" / 1000.0)
        FROM json_to_recordset(p_ledger) AS l (turn int, "transactionId" uuid, "index" int, "portfolioId" text,
          account text, currency text, debit numeric, credit numeric, memo text, "orderId" text, "tradeId" text, "atMs" bigint)
       WHERE done[turn];
  END IF;

  IF p_trades IS NOT NULL THEN
    INSERT INTO book.trade (trade_id, venue, exec_id, order_id, portfolio_id, tenant_id, symbol, side, price, quantity,
                            fees, currency, liquidity, realized_pnl, executed_at, recorded_at, settlement_date)
      SELECT "tradeId", venue, "execId", "orderId", "portfolioId", "tenantId", symbol, side, price, quantity, fees,
             currency, liquidity, "realizedPnl", to_timestamp("executedAtMs" / 1000.0),
             to_timestamp("recordedAtMs" / 1000.0), "settlementDate"
        FROM json_to_recordset(p_trades) AS x (turn int, "tradeId" text, venue text, "execId" text, "orderId" text,
          "portfolioId" text, "tenantId" text, symbol text, side text, price numeric, quantity numeric, fees numeric,
          currency text, liquidity text, "realizedPnl" numeric, "executedAtMs" bigint, "recordedAtMs" bigint,
          "settlementDate" date)
       WHERE done[turn];
  END IF;

  RETURN outcome;
END $$;

-- `fired` removes the reminder, or moves it on, if it is still the one that fired; then `set` and `cancel` in order.
CREATE FUNCTION act.change_reminders(t_stream text[], t_shard int[], done boolean[], p_changes json)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE c record;
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_changes) AS x
      (turn int, op text, name text, "dueMs" bigint, "nextDueMs" bigint, "everyMs" bigint, misfire json, command json)
    WHERE done[turn]
  LOOP
    IF c.op = 'fired' AND c."nextDueMs" IS NOT NULL THEN
      UPDATE act.reminder SET due_at = to_timestamp(c."nextDueMs" / 1000.0)
        WHERE stream_id = t_stream[c.turn] AND name = c.name AND due_at = to_timestamp(c."dueMs" / 1000.0);
    ELSIF c.op = 'fired' THEN
      DELETE FROM act.reminder
        WHERE stream_id = t_stream[c.turn] AND name = c.name AND due_at = to_timestamp(c."dueMs" / 1000.0);
    ELSIF c.op = 'cancel' THEN
      DELETE FROM act.reminder WHERE stream_id = t_stream[c.turn] AND name = c.name;
    ELSE
      INSERT INTO act.reminder AS r (stream_id, name, shard, due_at, every_ms, misfire, command)
        VALUES (t_stream[c.turn], c.name, t_shard[c.turn], to_timestamp(c."dueMs" / 1000.0), c."everyMs", c.misfire, c.command)
        ON CONFLICT (stream_id, name) DO UPDATE SET due_at = excluded.due_at, every_ms = excluded.every_ms,
          misfire = excluded.misfire, command = excluded.command;
    END IF;
  END LOOP;
END $$;

-- Takes, or renews, the leases of the shards given: those held by this incarnation, free ones and lapsed ones. The epoch
-- grows whenever the owner changes, and a lease that lapsed counts as a change even when its old holder takes it again.
CREATE FUNCTION act.acquire(p_node text, p_incarnation uuid, p_session bigint, p_shards int[], p_ttl interval)
RETURNS TABLE (shard int, epoch bigint) LANGUAGE sql AS $$
  UPDATE act.shard s
     SET owner = p_node, incarnation = p_incarnation, session_key = p_session, lease_until = clock_timestamp() + p_ttl,
         epoch = s.epoch + CASE WHEN s.incarnation = p_incarnation AND s.lease_until >= clock_timestamp() THEN 0 ELSE 1 END
    FROM (
      SELECT f.shard FROM act.shard f
       WHERE f.shard = ANY (p_shards)
         AND (f.owner IS NULL OR f.incarnation = p_incarnation OR f.lease_until < clock_timestamp())
       ORDER BY f.shard FOR UPDATE SKIP LOCKED
    ) free
   WHERE s.shard = free.shard
  RETURNING s.shard, s.epoch
$$;
