import type { OwnPostgres } from "./postgres.ts";

/**
 * A witness inside PostgreSQL that the product does not know of: who wrote each event, under which epoch of its stream, and
 * whom each epoch of a shard was given to. Each node signs in under its own name, so it cannot write as somebody else.
 */
const AUDIT = `
  CREATE SCHEMA IF NOT EXISTS audit;
  CREATE TABLE IF NOT EXISTS audit.written (
    stream_id text NOT NULL, version bigint NOT NULL, shard int NOT NULL, epoch bigint NOT NULL,
    shard_epoch bigint NOT NULL, writer text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS audit.given (
    shard int NOT NULL, epoch bigint NOT NULL, owner text, writer text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());

  CREATE OR REPLACE FUNCTION audit.note_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.written (stream_id, version, shard, epoch, shard_epoch, writer)
      SELECT a.stream_id, a.version, a.shard, s.epoch, o.epoch, session_user
        FROM added a JOIN act.stream s ON s.stream_id = a.stream_id JOIN act.shard o ON o.shard = a.shard;
    RETURN NULL;
  END $$;
  CREATE OR REPLACE TRIGGER audited AFTER INSERT ON act.event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit.note_events();

  CREATE OR REPLACE FUNCTION audit.note_owners() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO audit.given (shard, epoch, owner, writer)
      SELECT n.shard, n.epoch, n.owner, session_user
        FROM after n JOIN before o ON o.shard = n.shard WHERE n.epoch <> o.epoch;
    RETURN NULL;
  END $$;
  CREATE OR REPLACE TRIGGER audited AFTER UPDATE ON act.shard
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION audit.note_owners();`;

/** @param postgres with the product's tables in `database` already */
export async function installAudit(postgres: OwnPostgres, database: string): Promise<void> {
  await postgres.query(AUDIT, [], database);
}
