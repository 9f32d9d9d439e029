-- Which source records are one human, why, and what that is decided on.

CREATE SCHEMA matching;

-- What a source record says about its human, in the form in which it is compared.
CREATE TABLE matching.features (
    record_id text PRIMARY KEY,
    name text NOT NULL,                -- folded
    written text NOT NULL,             -- with its marks
    birth text,                        -- YYYY, YYYY-MM or YYYY-MM-DD
    sex text,
    place text,                        -- code of the place of residence
    phone text,
    parent text,                       -- key of the mother's record, for newborns
    birth_order smallint,
    infant boolean NOT NULL,
    identifiers jsonb NOT NULL         -- [[kind, value], ...]
);

-- Blocking keys: records that share one are compared. The key is a 64-bit hash.
CREATE TABLE matching.block (
    key bigint NOT NULL,
    record_id text NOT NULL,
    PRIMARY KEY (key, record_id)
);
CREATE INDEX block_record ON matching.block (record_id);

-- The link in force of each source record.
CREATE TABLE matching.person_link (
    record_id text PRIMARY KEY,
    bucket smallint NOT NULL,          -- where the record stands in the store
    person_id text NOT NULL,
    rule text NOT NULL,
    score numeric(5, 4) NOT NULL,
    evidence jsonb NOT NULL,           -- codes of what agreed and disagreed, never values
    decided_at timestamptz NOT NULL DEFAULT now(),
    decided_by text NOT NULL
);
CREATE INDEX person_link_person ON matching.person_link (person_id);
CREATE INDEX person_link_rule ON matching.person_link (rule, decided_at DESC, record_id);

-- Every link that was ever made or undone, in order; nothing is overwritten.
CREATE TABLE matching.link_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id text NOT NULL,
    person_before text,
    person_after text,
    rule text NOT NULL,
    score numeric(5, 4) NOT NULL,
    evidence jsonb NOT NULL,
    reason text,
    decided_at timestamptz NOT NULL DEFAULT now(),
    decided_by text NOT NULL
);
CREATE INDEX link_event_record ON matching.link_event (record_id, id);

-- Pairs that a human has to look at: a record, and the record of another person (or, where the link
-- in force is doubted, of its own) that it is most like. Persons are looked up by the links in
-- force, so that a link made or undone elsewhere leaves no review about a person that is gone.
CREATE TABLE matching.review (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id text NOT NULL,
    other_id text NOT NULL,
    rule text NOT NULL,
    score numeric(5, 4) NOT NULL,
    evidence jsonb NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    revision integer NOT NULL DEFAULT 1,  -- what a decision was made on must not have changed
    state text NOT NULL DEFAULT 'open'  -- gone: a record of the pair was deleted
        CHECK (state IN ('open', 'later', 'linked', 'distinct', 'gone')),
    apart boolean NOT NULL DEFAULT false,  -- a human said so: the rules join them no more
    closed_at timestamptz,
    closed_by text,
    CHECK (record_id <> other_id)
);
CREATE UNIQUE INDEX review_pair
    ON matching.review (least(record_id, other_id), greatest(record_id, other_id));
CREATE INDEX review_record ON matching.review (record_id);
CREATE INDEX review_other ON matching.review (other_id);
CREATE INDEX review_state ON matching.review (state, id);

-- What a human decided on a pair, in order; nothing is overwritten, and undoing is written beside.
CREATE TABLE matching.verdict (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_id bigint NOT NULL REFERENCES matching.review,
    verdict text NOT NULL CHECK (verdict IN ('same', 'different', 'later')),
    evidence jsonb NOT NULL,           -- what it was decided on
    reason text NOT NULL,
    replaced jsonb NOT NULL,           -- the links that it replaced, as they stood
    decided_at timestamptz NOT NULL DEFAULT now(),
    decided_by text NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_reason text
);
CREATE INDEX verdict_review ON matching.verdict (review_id, id);
