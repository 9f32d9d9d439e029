-- Messages as they came, what became of each part, and references whose target is not here yet.
CREATE SCHEMA bus;

-- One row a message. `body` is the content once, compressed by zstd. `owner` is whose id space the
-- sender writes in (facility code or client id). `authority` is what the sender was allowed when
-- the message came, so that a message taken up again after a crash is judged by the same rights.
CREATE TABLE bus.message (
    id text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    sender text NOT NULL,
    owner text NOT NULL,
    facility text,
    facilities jsonb NOT NULL DEFAULT '{}',
    authority jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    format text NOT NULL,
    content_type text NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    body bytea NOT NULL,
    key text,
    holds_key boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'received'
        CHECK (state IN ('received', 'accepted', 'accepted-in-part', 'refused', 'conflict')),
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    counts jsonb NOT NULL DEFAULT '{}',
    issues jsonb NOT NULL DEFAULT '[]'
);
ALTER TABLE bus.message ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX message_content ON bus.message (sender, digest);
CREATE UNIQUE INDEX message_key ON bus.message (format, key) WHERE holds_key;
CREATE INDEX message_waiting ON bus.message (number) WHERE state = 'received';
CREATE INDEX message_of_sender ON bus.message (sender, number DESC);
CREATE INDEX message_state ON bus.message (state, number DESC);

-- One row a part. `records` are the records the part drafted ("Type/id") that a replacing message
-- must delete where it no longer has them.
CREATE TABLE bus.part (
    message text NOT NULL REFERENCES bus.message,
    index integer NOT NULL,
    type text NOT NULL,
    source_id text,
    outcome text NOT NULL CHECK (outcome IN
        ('created', 'updated', 'unchanged', 'deleted', 'kept', 'refused')),
    location text,
    records text[] NOT NULL DEFAULT '{}',
    issues jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (message, index)
);

-- A reference whose target was not here. `target` is "Type/id", "Type?system|value", or as sent.
CREATE TABLE bus.unresolved (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message text NOT NULL REFERENCES bus.message,
    part integer NOT NULL,
    source text NOT NULL,
    path text NOT NULL,
    target text NOT NULL,
    resolved_at timestamptz,
    resolved_by text
);
CREATE INDEX unresolved_target ON bus.unresolved (target) WHERE resolved_at IS NULL;
CREATE INDEX unresolved_message ON bus.unresolved (message);

-- Whose record a short id means ("Patient/1"): the first that used or named it.
CREATE TABLE bus.short_id (
    type text NOT NULL,
    id text NOT NULL,
    owner text NOT NULL,
    PRIMARY KEY (type, id)
);
