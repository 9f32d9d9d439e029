-- Bulk exports and imports: what was ordered, how far it is, which files it has made.
--
-- A step of a task locks its row, does a run of resources, and commits the cursor with the lengths
-- of the files. Bytes beyond those lengths were written by a step that did not commit: the next
-- step cuts them off. So a killed worker neither loses nor doubles a resource.
CREATE SCHEMA bulk;

CREATE TABLE bulk.task (
    id text COLLATE "C" PRIMARY KEY,            -- cannot be guessed; who has it still needs the right
    kind text NOT NULL CHECK (kind IN ('export', 'import', 'search')),
    principal jsonb NOT NULL,                   -- on whose behalf
    url text NOT NULL,                          -- the request as it was made
    wanted jsonb NOT NULL,
    patients text[],                            -- the compartments it is limited to
    cursor jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    at timestamptz NOT NULL,                    -- transactionTime
    expires_at timestamptz NOT NULL,
    done bigint NOT NULL DEFAULT 0,             -- resources so far
    fault text                                  -- a code
);
CREATE INDEX task_expires ON bulk.task (expires_at);

CREATE TABLE bulk.file (
    task text COLLATE "C" NOT NULL REFERENCES bulk.task ON DELETE CASCADE,
    number integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('output', 'deleted', 'error')),
    type text NOT NULL,
    rule text NOT NULL,                         -- a hash of the predicate under which it was written
    count bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (task, number)
);
