-- Who follows the event stream of the bus, and how far each has come. See docs/adr/0013-events-over-jetstream.md.

-- The row is also the lock under which one node at a time handles a batch for its consumer.
CREATE TABLE act.consumer (
  name text PRIMARY KEY,
  -- events of older transactions happened before its time; '0': it wants all of them
  began xid8 NOT NULL
);

-- The last version of each actor's stream that was handled: what comes again is known by it, and what was skipped is seen.
CREATE TABLE act.consumer_position (
  consumer text NOT NULL,
  stream_id text NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (consumer, stream_id)
) WITH (fillfactor = 70);

-- The JetStream stream as this database knows it. Another creation time means that it was lost, or made anew by somebody.
CREATE TABLE act.bus_stream (
  name text PRIMARY KEY,
  created text NOT NULL,
  -- events recorded since then are to be published again; null: nothing is owed
  owed_from timestamptz
);
