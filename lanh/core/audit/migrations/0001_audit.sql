-- Who did what: append-only. One row tells of one act by one subject; a bulk act lists its targets
-- in three arrays of equal length.

CREATE SCHEMA audit;

CREATE TABLE audit.entry (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL,
    subject text NOT NULL,
    purpose text NOT NULL,
    on_behalf_of text,
    detail text NOT NULL,
    outcome text NOT NULL,
    types text NOT NULL,     -- one type where all targets share it, else one a target, by commas
    ids text NOT NULL,       -- by commas
    patients text[] NOT NULL, -- the patients concerned, each once
    PRIMARY KEY (xid, number)
);
CREATE INDEX ON audit.entry USING gin (patients);

-- The chain: each seal covers the committed entries between the one before it and
-- (last_xid, last_number), in that order. links holds 16 bytes of each entry's hash.
CREATE TABLE audit.seal (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_xid xid8 NOT NULL,
    last_number bigint NOT NULL,
    entries integer NOT NULL,
    links bytea NOT NULL,
    digest bytea NOT NULL
);

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
