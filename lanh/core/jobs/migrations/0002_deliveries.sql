-- Deliveries to subscribers, at least once and in order for each subject.
--
-- A line is what one subscriber still has to be told about one subject. Only its oldest living
-- delivery may be under way: the lease and the next attempt's time stand on the line, so a failing
-- delivery holds back the later ones of its own subject and nothing else. Whoever adds a delivery
-- locks its line first, so that the numbers of a line's deliveries follow the order of commits.

CREATE TABLE jobs.subscriber (
    name text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,                         -- which receiver the worker hands deliveries to
    most_attempts integer NOT NULL CHECK (most_attempts > 0),
    most_age interval NOT NULL,                 -- from the first attempt
    at_once integer NOT NULL CHECK (at_once > 0),
    paused boolean NOT NULL DEFAULT false,
    fault text                                  -- why it was paused, a code without data
);

CREATE TABLE jobs.line (
    subscriber text COLLATE "C" NOT NULL REFERENCES jobs.subscriber ON DELETE CASCADE,
    subject text COLLATE "C" NOT NULL,
    waiting integer NOT NULL,
    due timestamptz NOT NULL,
    held_until timestamptz,
    PRIMARY KEY (subscriber, subject)
);
CREATE INDEX line_due ON jobs.line (subscriber, due);
CREATE INDEX line_held ON jobs.line (subscriber) WHERE held_until IS NOT NULL;

CREATE TABLE jobs.delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL DEFAULT gen_random_uuid(), -- the same at each attempt: the receiver's guard
    subscriber text COLLATE "C" NOT NULL REFERENCES jobs.subscriber ON DELETE CASCADE,
    subject text COLLATE "C" NOT NULL,
    payload bytea NOT NULL CHECK (octet_length(payload) <= 262144),
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,                       -- the first attempt
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    dead boolean NOT NULL DEFAULT false,
    fault text                                  -- a code, never data of the record
);
CREATE INDEX delivery_line ON jobs.delivery (subscriber, subject, id) WHERE NOT dead;
CREATE INDEX delivery_dead ON jobs.delivery (subscriber, id) WHERE dead;
