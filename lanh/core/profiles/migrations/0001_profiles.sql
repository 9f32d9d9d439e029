-- StructureDefinitions and ImplementationGuides that stand in the record store, kept by its hook in
-- the transaction that writes them, so that a resource is judged by what is committed.
CREATE SCHEMA profiles;

-- national  written by the country or the platform: only these bind what others write
-- types, profiles  of an ImplementationGuide: which profile every resource of a type must keep
CREATE TABLE profiles.resource (
    kind text NOT NULL CHECK (kind IN ('StructureDefinition', 'ImplementationGuide')),
    id text COLLATE "C" NOT NULL,
    url text NOT NULL,
    version text NOT NULL, -- '' where it has none
    status text NOT NULL,
    type text NOT NULL, -- of a StructureDefinition
    dated date,
    custodian text, -- NULL: of no facility
    national boolean NOT NULL,
    first_at timestamptz NOT NULL DEFAULT now(),
    types text[] NOT NULL,
    profiles text[] NOT NULL,
    body bytea NOT NULL, -- zstd
    PRIMARY KEY (kind, id)
);
CREATE INDEX resource_url ON profiles.resource (url);

-- Made anew with every change of the above and never used twice: what a process keeps in memory is
-- good for as long as this stands here.
CREATE TABLE profiles.state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    stamp uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO profiles.state DEFAULT VALUES;
