-- Where each source Patient stands with the population register. No name and no number is kept
-- here: `said` is a digest of what was compared, so that a changed Patient is compared anew.
CREATE TABLE nation.identity_state (
    patient text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('match', 'differs', 'no-number', 'not-verified')),
    commune text,
    said bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_state_worklist ON nation.identity_state (state, commune, patient)
    WHERE state <> 'match';
