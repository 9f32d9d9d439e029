-- How long content is kept and how much is logged, by kind of message (its format; "*" for others).
-- `level` counts once a message was accepted: "full" keeps its content, "metadata" empties it,
-- "none" leaves only what an answer to a resend needs. What has to be mended is kept until `days`.
CREATE TABLE bus.policy (
    kind text PRIMARY KEY,
    level text NOT NULL DEFAULT 'full' CHECK (level IN ('full', 'metadata', 'none')),
    days integer NOT NULL CHECK (days > 0)
);
INSERT INTO bus.policy (kind, level, days) VALUES ('*', 'full', 730);

-- Seals over the messages that are logged in full: who sent what and when it came. Each names the
-- one before; `sealed_at` is in what is signed.
CREATE TABLE bus.seal (
    number bigint PRIMARY KEY,
    sealed_at timestamptz NOT NULL,
    messages integer NOT NULL,
    digest bytea NOT NULL,
    signature bytea NOT NULL,
    certificate bytea NOT NULL
);
ALTER TABLE bus.message
    ADD COLUMN sealed bigint,
    ADD COLUMN archive text,
    ADD COLUMN archive_key bytea;
CREATE INDEX message_unsealed ON bus.message (number) WHERE sealed IS NULL;
CREATE INDEX message_of_seal ON bus.message (sealed, number) WHERE sealed IS NOT NULL;
CREATE INDEX message_with_content ON bus.message (received_at) WHERE size > 0;
