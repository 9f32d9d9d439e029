-- Orders to erase persons' records: who ordered it, on what ground, how far it is. They name source
-- Patients by their ids only, and are kept, so that they can be carried out again on a backup that
-- is from before.
CREATE TABLE nation.erasure_order (
    id text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    patients text[] NOT NULL CHECK (cardinality(patients) > 0),
    basis text NOT NULL,
    reason text NOT NULL,
    ordered_by text NOT NULL,
    ordered_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'ordered' CHECK (state IN ('ordered', 'records-erased', 'done')),
    done_at timestamptz,
    report jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX erasure_order_open ON nation.erasure_order (number) WHERE state <> 'done';
