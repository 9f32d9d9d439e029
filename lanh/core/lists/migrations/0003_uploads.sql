-- Sheets that are being taken, row by row, and the rows that were not, for as long as somebody mends
-- them. `content` goes when the last row was judged; all of it when `expires_at` has come.
CREATE TABLE lists.upload (
    id text COLLATE "C" PRIMARY KEY,
    place text COLLATE "C" NOT NULL,            -- where it was sent: "desk/list"
    person text COLLATE "C" NOT NULL,
    principal jsonb NOT NULL,                   -- who sent it, without rights
    language text NOT NULL,
    content bytea,
    heads text[] NOT NULL,
    passed text[] NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped')),
    lines integer NOT NULL,
    judged integer NOT NULL DEFAULT 0,          -- lines done, from the first on
    taken integer NOT NULL DEFAULT 0,
    again integer NOT NULL DEFAULT 0,
    reason text,                                -- why it was stopped, a key of the messages
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON lists.upload (person, place, made_at);
CREATE INDEX ON lists.upload (made_at) WHERE content IS NOT NULL;
CREATE INDEX ON lists.upload (expires_at);

-- faults: [column, code, Vietnamese, English] of each.
CREATE TABLE lists.refused (
    upload text COLLATE "C" NOT NULL REFERENCES lists.upload ON DELETE CASCADE,
    line integer NOT NULL,
    cells text[] NOT NULL,
    faults jsonb NOT NULL,
    PRIMARY KEY (upload, line)
);

-- What an erasure takes away goes by the record.
CREATE INDEX ON lists.imported (record);
