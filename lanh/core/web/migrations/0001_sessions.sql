CREATE SCHEMA web;

-- A signed-in browser. The cookie's value is kept as a hash: a stolen table opens nothing.
CREATE TABLE web.session (
    id bytea PRIMARY KEY,
    account text NOT NULL,
    purpose text,
    notice jsonb,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX session_ends_at ON web.session (ends_at);

-- What an opaque word in a page's address means for one session, so that no address names a
-- person: an opened person, a search, a link to decide on.
CREATE TABLE web.handle (
    session bytea NOT NULL REFERENCES web.session (id) ON DELETE CASCADE,
    handle text NOT NULL,
    kind text NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (session, handle)
);
