-- Code systems and their concepts. A concept is a row for each span of days on which it read so:
-- a changed display closes the open row and opens another, nothing is overwritten.
CREATE SCHEMA IF NOT EXISTS terminology;

-- The lists that the platform or its operator loads: one row a system, whatever its edition.
-- stamp   made anew whenever the rows change, and never used twice: what processes keep in memory
--         of a system is good for as long as its stamp stands here.
CREATE TABLE terminology.code_system (
    system text PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    title_vi text NOT NULL,
    title_en text NOT NULL,
    content text NOT NULL CHECK (content IN ('complete', 'fragment')),
    source text NOT NULL DEFAULT '', -- the decision or circular that the list stands in
    value_set text, -- the url that means all of its codes
    parent_property text, -- the property that names the code above
    kinds jsonb NOT NULL DEFAULT '{}', -- property -> its FHIR type
    digest text NOT NULL,
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    loaded_at timestamptz NOT NULL DEFAULT now()
);

-- Which edition of a list was in force from which day.
CREATE TABLE terminology.edition (
    system text NOT NULL REFERENCES terminology.code_system,
    version text NOT NULL,
    starts_on date NOT NULL,
    source text NOT NULL DEFAULT '',
    PRIMARY KEY (system, version)
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

-- CodeSystems, ValueSets and ConceptMaps that stand in the record store, kept by its hook in the
-- transaction that writes them, so that a code is judged by what is committed.
CREATE TABLE terminology.resource (
    kind text NOT NULL CHECK (kind IN ('CodeSystem', 'ValueSet', 'ConceptMap')),
    id text NOT NULL,
    url text NOT NULL,
    version text NOT NULL, -- '' where it has none
    status text NOT NULL,
    content text NOT NULL, -- of a CodeSystem: complete, fragment, supplement, ...
    dated date,
    custodian text, -- NULL: of the whole country
    first_at timestamptz NOT NULL DEFAULT now(),
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    -- a CodeSystem's valueSet, a ConceptMap's systems mapped from and to
    value_set text,
    sources text[] NOT NULL,
    targets text[] NOT NULL,
    body bytea NOT NULL, -- zstd
    PRIMARY KEY (kind, id)
);

CREATE INDEX resource_url ON terminology.resource (kind, url);
CREATE INDEX resource_value_set ON terminology.resource (value_set) WHERE value_set IS NOT NULL;
CREATE INDEX resource_sources ON terminology.resource USING gin (sources);
CREATE INDEX resource_targets ON terminology.resource USING gin (targets);
