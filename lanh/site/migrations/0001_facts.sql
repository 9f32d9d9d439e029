-- What is true of this installation: which packaged data was loaded, whether the demonstration
-- data is complete.
CREATE SCHEMA site;

CREATE TABLE site.fact (
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now()
);
