-- Documents for mongoose, where no MongoDB is named: BSON in rows, and index keys whose bytes stand in MongoDB's order.
CREATE SCHEMA doc;

CREATE SEQUENCE doc.version;

CREATE TABLE doc.collection (
  collection_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  -- Changes with the indexes: who has read them knows by it whether they are still the same.
  epoch bigint NOT NULL DEFAULT nextval('doc.version')
);

CREATE TABLE doc.document (
  collection_id int NOT NULL REFERENCES doc.collection ON DELETE CASCADE,
  -- the key of _id
  id bytea NOT NULL,
  -- another one with each write, also after a document was removed and made again
  version bigint NOT NULL DEFAULT nextval('doc.version'),
  body bytea NOT NULL,
  PRIMARY KEY (collection_id, id)
);

CREATE TABLE doc.index (
  index_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  collection_id int NOT NULL REFERENCES doc.collection ON DELETE CASCADE,
  name text NOT NULL,
  -- BSON: key, unique, sparse, partialFilterExpression, expireAfterSeconds
  spec bytea NOT NULL,
  -- Every document has one key, and no key was cut: order and both ends of a range can be read from the keys.
  is_exact boolean NOT NULL DEFAULT true,
  UNIQUE (collection_id, name)
);

CREATE TABLE doc.key (
  index_id int NOT NULL REFERENCES doc.index ON DELETE CASCADE,
  key bytea NOT NULL,
  id bytea NOT NULL,
  PRIMARY KEY (index_id, key, id)
);

CREATE TABLE doc.unique_key (
  index_id int NOT NULL REFERENCES doc.index ON DELETE CASCADE,
  key bytea NOT NULL,
  id bytea NOT NULL,
  PRIMARY KEY (index_id, key)
);

-- Held shared while documents are written, exclusively while indexes change.
CREATE FUNCTION doc.lock_class() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1146045267 $$;

-- Writes all of these documents and their keys, or none.
--   QD001  the indexes are others than those that the keys were made for
--   QD002  a document is not the one that was read
--   23505  of document_pkey: the _id is there; of unique_key_pkey: the key is
CREATE FUNCTION doc.write(
  p_collection int, p_epoch bigint,
  i_id bytea[], i_body bytea[],
  u_id bytea[], u_version bigint[], u_body bytea[],
  d_id bytea[], d_version bigint[],
  -- 0 and 1: a key goes, comes; 2 and 3: a unique one does
  k_what smallint[], k_index int[], k_key bytea[], k_id bytea[]
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  written int;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(doc.lock_class(), p_collection);
  IF NOT EXISTS (SELECT FROM doc.collection WHERE collection_id = p_collection AND epoch = p_epoch) THEN
    RAISE EXCEPTION 'the indexes have changed' USING ERRCODE = 'QD001';
  END IF;

  IF cardinality(u_id) > 0 THEN
    UPDATE doc.document d SET body = u.body, version = nextval('doc.version')
      FROM unnest(u_id, u_version, u_body) AS u (id, version, body)
     WHERE d.collection_id = p_collection AND d.id = u.id AND d.version = u.version;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(u_id) THEN RAISE EXCEPTION 'a document has changed' USING ERRCODE = 'QD002'; END IF;
  END IF;

  IF cardinality(d_id) > 0 THEN
    DELETE FROM doc.document d USING unnest(d_id, d_version) AS u (id, version)
     WHERE d.collection_id = p_collection AND d.id = u.id AND d.version = u.version;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(d_id) THEN RAISE EXCEPTION 'a document has changed' USING ERRCODE = 'QD002'; END IF;
  END IF;

  IF 0 = ANY (k_what) THEN
    DELETE FROM doc.key k USING unnest(k_what, k_index, k_key, k_id) AS g (what, index_id, key, id)
     WHERE g.what = 0 AND k.index_id = g.index_id AND k.key = g.key AND k.id = g.id;
  END IF;
  IF 2 = ANY (k_what) THEN
    DELETE FROM doc.unique_key k USING unnest(k_what, k_index, k_key, k_id) AS g (what, index_id, key, id)
     WHERE g.what = 2 AND k.index_id = g.index_id AND k.key = g.key AND k.id = g.id;
  END IF;

  IF cardinality(i_id) > 0 THEN
    INSERT INTO doc.document (collection_id, id, body)
      SELECT p_collection, id, body FROM unnest(i_id, i_body) AS i (id, body);
  END IF;
  IF 1 = ANY (k_what) THEN
    INSERT INTO doc.key (index_id, key, id)
      SELECT index_id, key, id FROM unnest(k_what, k_index, k_key, k_id) AS c (what, index_id, key, id) WHERE what = 1;
  END IF;
  IF 3 = ANY (k_what) THEN
    INSERT INTO doc.unique_key (index_id, key, id)
      SELECT index_id, key, id FROM unnest(k_what, k_index, k_key, k_id) AS c (what, index_id, key, id) WHERE what = 3;
  END IF;
END $$;
