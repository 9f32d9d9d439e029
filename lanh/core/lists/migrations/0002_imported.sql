-- Rows of spreadsheets that were taken, so that the same row sent again writes nothing. `digest` is
-- of the answers as they were sent, `scope` whose rows are the same: a facility's or a person's.
CREATE TABLE lists.imported (
    sheet text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    record text COLLATE "C",
    person text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sheet, scope, digest)
);
