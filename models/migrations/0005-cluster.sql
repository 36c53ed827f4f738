-- Many nodes: a lease a member instead of one a shard, pools of actor types, and the way a node hears of changes.
-- See docs/adr/0014-leases-by-member.md and docs/ARCHITECTURE.md, "Cluster".

-- A pool of actor types has 1,024 shards of its own: portfolios (pool 2) and orders and venues (pool 3) move to theirs. The
-- pools are those of services/actor-pools.ts.
INSERT INTO act.shard (shard) SELECT generate_series(1024, 4095);

CREATE FUNCTION pg_temp.pool_base(p_stream text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT 1024 * CASE split_part(p_stream, ':', 1) WHEN 'portfolio' THEN 2 WHEN 'order' THEN 3 WHEN 'venue' THEN 3 ELSE 0 END
$$;
UPDATE act.stream SET shard = shard + pg_temp.pool_base(stream_id);
UPDATE act.effect SET shard = shard + pg_temp.pool_base(stream_id);
UPDATE act.reminder SET shard = shard + pg_temp.pool_base(stream_id);
ALTER TABLE act.event DISABLE TRIGGER append_only;
UPDATE act.event SET shard = shard + pg_temp.pool_base(stream_id) WHERE pg_temp.pool_base(stream_id) > 0;
ALTER TABLE act.event ENABLE TRIGGER append_only;
-- Each new shard was relayed as far as the one that it was part of.
INSERT INTO act.relay (shard, tx, pos) SELECT r.shard + 1024 * pool, r.tx, r.pos FROM act.relay r, generate_series(1, 3) pool;

ALTER TABLE act.shard DROP COLUMN session_key, DROP COLUMN lease_until;
-- Epochs only grow: a stream must never see the epoch of its new shard below that of its old one.
UPDATE act.shard SET owner = NULL, incarnation = NULL, epoch = (SELECT max(epoch) FROM act.shard);

ALTER TABLE act.member
  DROP COLUMN weight,
  ADD COLUMN pools int[] NOT NULL DEFAULT '{}',
  ADD COLUMN lease_until timestamptz NOT NULL DEFAULT '-infinity';
UPDATE act.member SET state = 'down';

-- Where an operator wants a shard, whatever the placement says.
CREATE TABLE act.pin (shard int PRIMARY KEY REFERENCES act.shard, node_id text NOT NULL);

DROP FUNCTION act.acquire(text, uuid, bigint, int[], interval);

-- Whether a session holds the advisory lock of that key: such a lock shows as (high half, low half, objsubid 1).
CREATE FUNCTION act.has_session(p_key bigint) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (
    SELECT 1 FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND ((l.classid::bigint << 32) | l.objid::bigint) = p_key)
$$;

-- Registers an incarnation. False while another one lives under the same name.
CREATE FUNCTION act.join_cluster(p_node text, p_incarnation uuid, p_session bigint, p_pools int[], p_ttl interval)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO act.member AS m (node_id, incarnation, session_key, state, pools, lease_until)
    VALUES (p_node, p_incarnation, p_session, 'up', p_pools, clock_timestamp() + p_ttl)
    ON CONFLICT (node_id) DO UPDATE SET incarnation = excluded.incarnation, session_key = excluded.session_key,
      state = 'up', pools = excluded.pools, lease_until = excluded.lease_until, seen_at = clock_timestamp()
      WHERE m.state = 'down' OR m.lease_until < clock_timestamp() OR NOT act.has_session(m.session_key);
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM pg_notify('act_cluster', p_node);
  RETURN true;
END $$;

-- Renews one's own lease; ends the membership of those whose lease lapsed or whose session is gone; tells who is left. A
-- lease that lapsed cannot be renewed (QA002): somebody may have taken what it covered. Rows are locked, so that a renewal
-- and a burial cannot both succeed.
CREATE FUNCTION act.beat(p_node text, p_incarnation uuid, p_ttl interval)
RETURNS TABLE (node_id text, incarnation uuid, pools int[], state text, pins int[]) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE buried int;
BEGIN
  UPDATE act.member m SET lease_until = clock_timestamp() + p_ttl, seen_at = clock_timestamp()
    WHERE m.node_id = p_node AND m.incarnation = p_incarnation AND m.state <> 'down' AND m.lease_until >= clock_timestamp();
  IF NOT FOUND THEN RAISE EXCEPTION 'the lease of % has ended', p_node USING ERRCODE = 'QA002'; END IF;
  UPDATE act.member m SET state = 'down'
    WHERE m.node_id IN (
      SELECT d.node_id FROM act.member d
       WHERE d.state <> 'down' AND d.node_id <> p_node
         AND (d.lease_until < clock_timestamp() OR NOT act.has_session(d.session_key))
       ORDER BY d.node_id FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS buried = ROW_COUNT;
  IF buried > 0 THEN PERFORM pg_notify('act_cluster', p_node); END IF;
  RETURN QUERY SELECT m.node_id, m.incarnation, m.pools, m.state,
      ARRAY(SELECT p.shard FROM act.pin p WHERE p.node_id = m.node_id ORDER BY p.shard)
    FROM act.member m WHERE m.state <> 'down' ORDER BY m.node_id;
END $$;

-- Takes those of the shards given that no living incarnation owns. The epoch grows with every change of owner. One asks at a
-- time, so that each sees what the one before it took and who has joined since.
CREATE FUNCTION act.acquire(p_node text, p_incarnation uuid, p_shards int[])
RETURNS TABLE (shard int, epoch bigint, is_orphaned boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('act.acquire'));
  IF NOT EXISTS (SELECT 1 FROM act.member m WHERE m.node_id = p_node AND m.incarnation = p_incarnation AND m.state = 'up')
    THEN RETURN; END IF;
  RETURN QUERY
    UPDATE act.shard s SET owner = p_node, incarnation = p_incarnation, epoch = s.epoch + 1
      FROM (
        SELECT f.shard, f.owner IS NOT NULL AS is_orphaned FROM act.shard f
          LEFT JOIN act.member m ON m.node_id = f.owner AND m.incarnation = f.incarnation AND m.state <> 'down'
         WHERE f.shard = ANY (p_shards) AND m.node_id IS NULL
         ORDER BY f.shard FOR UPDATE OF f
      ) free
     WHERE s.shard = free.shard
    RETURNING s.shard, s.epoch, free.is_orphaned;
END $$;

CREATE FUNCTION act.release(p_incarnation uuid, p_shards int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE act.shard SET owner = NULL, incarnation = NULL
    WHERE shard IN (SELECT shard FROM act.shard WHERE shard = ANY (p_shards) AND incarnation = p_incarnation ORDER BY shard FOR UPDATE);
  IF FOUND THEN PERFORM pg_notify('act_cluster', ''); END IF;
END $$;

CREATE FUNCTION act.announce(p_node text, p_incarnation uuid, p_state text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE act.member SET state = p_state, seen_at = clock_timestamp()
    WHERE node_id = p_node AND incarnation = p_incarnation AND state <> 'down';
  IF FOUND THEN PERFORM pg_notify('act_cluster', p_node); END IF;
END $$;
