-- Where the change feed begins: every change before (xid, number) was dropped; `at` is the moment
-- of the last of them, null where none was.
CREATE TABLE store.feed_start (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    xid xid8 NOT NULL DEFAULT '0',
    number bigint NOT NULL DEFAULT 0,
    at timestamptz
);
INSERT INTO store.feed_start DEFAULT VALUES;

-- Who reads the feed and how far each has come: nothing from there on is dropped.
CREATE TABLE store.feed_reader (
    name text COLLATE "C" PRIMARY KEY,
    xid xid8 NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
