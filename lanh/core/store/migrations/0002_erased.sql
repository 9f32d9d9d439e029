-- Patients whose records were erased by order. Nothing about them is written again: see erasing.py.
-- key is the locator's hash of "Patient" and the id, so that the table itself tells of nobody.
CREATE TABLE store.erased (
    key uuid PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now()
);
