-- Subscriptions as the feed's reader needs them; the Subscription resources in the store are what
-- people see. Both change in one transaction.
CREATE SCHEMA subscriptions;

CREATE TABLE subscriptions.subscription (
    id text COLLATE "C" PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('requested', 'active', 'error', 'off')),
    principal jsonb NOT NULL,                   -- whose access decides what is told
    type text NOT NULL,
    criteria text NOT NULL,                     -- the search string after "?"
    channel text NOT NULL CHECK (channel IN ('rest-hook', 'websocket')),
    endpoint text,
    payload text NOT NULL,                      -- '' tells only that something matched
    headers text[] NOT NULL,                    -- may hold the receiver's secrets: never logged
    ends timestamptz,
    judged boolean NOT NULL DEFAULT true,       -- false: its criteria broke
    failed_at timestamptz,
    pings bigint NOT NULL DEFAULT 0,            -- matches of a websocket so far
    told bigint NOT NULL DEFAULT 0              -- of them, those that a socket was told of
);
CREATE INDEX subscription_type ON subscriptions.subscription (type) WHERE state IN ('active', 'error');
CREATE INDEX subscription_ends ON subscriptions.subscription (ends) WHERE state <> 'off';

-- Where the reader is in the change feed. It begins where the feed ends now.
CREATE TABLE subscriptions.reader (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    xid bigint NOT NULL,
    number bigint NOT NULL,
    place integer NOT NULL
);
INSERT INTO subscriptions.reader (xid, number, place)
VALUES (pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0, 0);
