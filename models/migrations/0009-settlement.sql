-- What becomes of a trade after it was booked: its settlement, and the parts of it that went to other portfolios.

-- The money of the trades so far moved with the fill: they have nothing left to settle.
ALTER TABLE book.trade
  ADD COLUMN settlement_status text NOT NULL DEFAULT 'settled' CHECK (settlement_status IN ('pending', 'settled', 'failed')),
  ADD COLUMN settlement_at timestamptz,
  ADD COLUMN allocations json NOT NULL DEFAULT '[]',
  ADD COLUMN allocated_from text;
CREATE INDEX trade_to_settle ON book.trade (symbol, settlement_date) WHERE settlement_status = 'pending';

-- Portfolios on record as they are seen from now on.
UPDATE act.view
   SET doc = (doc::jsonb || jsonb_build_object('settledCash', doc->>'cash', 'unsettledCash', '0', 'netDeposits', '0', 'dividends', '0'))::json
 WHERE type = 'portfolio';

-- Books trades, and changes what comes after them: `op` is null for a new trade. Rows come in the order of their events.
CREATE FUNCTION book.write_trades(done boolean[], p_trades json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c record;
BEGIN
  INSERT INTO book.trade (trade_id, venue, exec_id, order_id, portfolio_id, tenant_id, symbol, side, price, quantity,
                          fees, currency, liquidity, realized_pnl, executed_at, recorded_at, settlement_date,
                          settlement_status, allocated_from)
    SELECT "tradeId", venue, "execId", "orderId", "portfolioId", "tenantId", symbol, side, price, quantity, fees,
           currency, liquidity, "realizedPnl", to_timestamp("executedAtMs" / 1000.0),
           to_timestamp("recordedAtMs" / 1000.0), "settlementDate", coalesce("settlementStatus", 'settled'), "allocatedFrom"
      FROM json_to_recordset(p_trades) AS x (turn int, op text, "tradeId" text, venue text, "execId" text, "orderId" text,
        "portfolioId" text, "tenantId" text, symbol text, side text, price numeric, quantity numeric, fees numeric,
        currency text, liquidity text, "realizedPnl" numeric, "executedAtMs" bigint, "recordedAtMs" bigint,
        "settlementDate" date, "settlementStatus" text, "allocatedFrom" text)
     WHERE done[turn] AND op IS NULL;

  FOR c IN SELECT * FROM json_to_recordset(p_trades) AS x
      (turn int, op text, "tradeId" text, status text, "atMs" bigint, allocations json)
    WHERE op = 'change' AND done[turn]
  LOOP
    UPDATE book.trade
       SET settlement_status = coalesce(c.status, settlement_status),
           settlement_at = coalesce(to_timestamp(c."atMs" / 1000.0), settlement_at),
           allocations = coalesce(c.allocations, allocations)
     WHERE trade_id = c."tradeId";
  END LOOP;
END $$;

-- As before, but for the trades.
CREATE OR REPLACE FUNCTION act.append_turns(
  t_stream text[], t_shard int[], t_epoch bigint[], t_expected bigint[], t_count int[], t_hash bytea[], t_at timestamptz[],
  t_joint boolean[],
  e_turn int[], e_version bigint[], e_type text[], e_data json[], e_cmd uuid[], e_hash bytea[],
  c_turn int[], c_id uuid[], c_body bytea[], c_version bigint[], c_reply json[],
  k_turn int[], k_scope text[], k_key text[], k_body bytea[],
  f_turn int[], f_id uuid[], f_effect json[],
  v_turn int[], v_type text[], v_id text[], v_tenant text[], v_owner text[], v_portfolio text[], v_symbol text[],
  v_status text[], v_created timestamptz[], v_doc json[],
  p_reminders json, p_ledger json, p_trades json
) RETURNS text[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  turns int := cardinality(t_stream);
  done boolean[] := array_fill(false, ARRAY[turns]);
  outcome text[]; written int[]; born int[]; newer bigint;
BEGIN
  IF 0 = ANY (t_expected) THEN
    WITH added AS (
      INSERT INTO act.stream (stream_id, shard, version, epoch, hash)
        SELECT t.id, t.shard, t.count, t.epoch, t.hash
          FROM unnest(t_stream, t_shard, t_epoch, t_expected, t_count, t_hash) AS t (id, shard, epoch, expected, count, hash)
          JOIN act.shard o ON o.shard = t.shard AND o.epoch = t.epoch
         WHERE t.expected = 0
      ON CONFLICT DO NOTHING RETURNING stream_id)
    SELECT array_agg(array_position(t_stream, stream_id)) INTO born FROM added;
    FOR i IN 1 .. coalesce(cardinality(born), 0) LOOP done[born[i]] := true; END LOOP;
  END IF;

  IF coalesce(cardinality(born), 0) < turns THEN
    WITH moved AS (
      UPDATE act.stream s SET version = s.version + t.count, hash = t.hash
        FROM unnest(t_stream, t_epoch, t_expected, t_count, t_hash, done)
          WITH ORDINALITY AS t (id, epoch, expected, count, hash, is_born, n)
       WHERE s.stream_id = t.id AND s.version = t.expected AND s.epoch = t.epoch AND NOT t.is_born
      RETURNING t.n)
    SELECT array_agg(n) INTO written FROM moved;
    FOR i IN 1 .. coalesce(cardinality(written), 0) LOOP done[written[i]] := true; END LOOP;
  END IF;

  IF coalesce(cardinality(born), 0) + coalesce(cardinality(written), 0) < turns THEN
    outcome := array_fill('ok'::text, ARRAY[turns]);
    FOR i IN 1 .. turns LOOP
      CONTINUE WHEN done[i];
      IF t_joint[i] THEN
        RAISE EXCEPTION 'a joint turn of % cannot be written', t_stream[i] USING ERRCODE = 'QA003';
      END IF;
      SELECT max(epoch) INTO newer FROM act.stream WHERE stream_id = t_stream[i];
      outcome[i] := CASE WHEN newer <= t_epoch[i] THEN 'conflict' ELSE 'fenced' END;
    END LOOP;
  END IF;

  INSERT INTO act.command (stream_id, cmd_id, body_hash, version, reply)
    SELECT t_stream[t], id, body, ver, reply
      FROM unnest(c_turn, c_id, c_body, c_version, c_reply) AS c (t, id, body, ver, reply) WHERE done[t];

  INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
    SELECT t_stream[t], ver, t_shard[t], type, data, cmd, hash, t_at[t]
      FROM unnest(e_turn, e_version, e_type, e_data, e_cmd, e_hash) AS e (t, ver, type, data, cmd, hash) WHERE done[t];

  IF cardinality(k_turn) > 0 THEN
    INSERT INTO act.request_key (scope, key, body_hash)
      SELECT scope, key, body FROM unnest(k_turn, k_scope, k_key, k_body) AS k (t, scope, key, body) WHERE done[t]
      ON CONFLICT DO NOTHING;
    IF EXISTS (
      SELECT FROM unnest(k_turn, k_scope, k_key, k_body) AS k (t, scope, key, body)
        JOIN act.request_key r ON r.scope = k.scope AND r.key = k.key
       WHERE done[t] AND r.body_hash <> body) THEN
      RAISE EXCEPTION 'an idempotency key came with another body' USING ERRCODE = 'QA004';
    END IF;
  END IF;

  IF cardinality(f_turn) > 0 THEN
    INSERT INTO act.effect (effect_id, stream_id, shard, effect)
      SELECT id, t_stream[t], t_shard[t], effect FROM unnest(f_turn, f_id, f_effect) AS f (t, id, effect) WHERE done[t];
  END IF;

  IF cardinality(v_turn) > 0 THEN
    INSERT INTO act.view AS v
      (type, id, tenant_id, owner_id, portfolio_id, symbol, status, created_at, updated_at, version, doc)
      SELECT type, id, tenant, owner, portfolio, sym, state, created, t_at[t], t_expected[t] + t_count[t], content
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

  IF p_trades IS NOT NULL THEN PERFORM book.write_trades(done, p_trades); END IF;

  RETURN outcome;
END $$;
