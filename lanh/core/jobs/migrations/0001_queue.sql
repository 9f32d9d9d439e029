-- The queue: one row a job, gone when it is done. `held_until` is the lease of the worker that has
-- it; a worker that dies lets its lease run out and another takes the job up.
CREATE SCHEMA jobs;

CREATE TABLE jobs.job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    key text,                                   -- at most one living job of a kind has it
    due timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    most_attempts integer NOT NULL CHECK (most_attempts > 0),
    held_until timestamptz,
    dead boolean NOT NULL DEFAULT false,
    fault text,                                 -- the kind of the last error, never its data
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX job_due ON jobs.job (queue, due, id) WHERE NOT dead;
CREATE INDEX job_dead ON jobs.job (id) WHERE dead;
CREATE UNIQUE INDEX job_key ON jobs.job (kind, key) WHERE key IS NOT NULL AND NOT dead;

-- What is done again and again. One worker at a time has a schedule, by its lease.
CREATE TABLE jobs.schedule (
    name text PRIMARY KEY,
    every interval NOT NULL CHECK (every > interval '0'),
    due timestamptz NOT NULL DEFAULT now(),
    held_until timestamptz,
    runs bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,        -- in a row
    fault text,
    done_at timestamptz
);
