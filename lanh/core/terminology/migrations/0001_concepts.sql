-- Code systems and their concepts. A concept is a row for each span of days on which it read so:
-- a changed display closes the open row and opens another, nothing is overwritten.
CREATE SCHEMA IF NOT EXISTS terminology;

CREATE TABLE terminology.code_system (
    system text PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    content text NOT NULL CHECK (content IN ('complete', 'fragment')),
    digest text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE terminology.concept (
    system text NOT NULL REFERENCES terminology.code_system,
    code text NOT NULL,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from), -- the first day on which it no longer holds
    display_vi text NOT NULL,
    display_en text NOT NULL,
    folded text NOT NULL, -- code and both displays without marks, for search
    sort_key text NOT NULL, -- Vietnamese dictionary order, since the database has no collation
    properties jsonb NOT NULL,
    PRIMARY KEY (system, code, valid_from)
);

CREATE UNIQUE INDEX concept_open ON terminology.concept (system, code) WHERE valid_to IS NULL;
