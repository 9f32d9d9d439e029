-- Attempts that are over, messages held and mended, the order of a line, and the causes of refusal.
ALTER TABLE bus.message DROP CONSTRAINT message_state_check;
ALTER TABLE bus.message ADD CONSTRAINT message_state_check CHECK (state IN
    ('received', 'accepted', 'accepted-in-part', 'refused', 'conflict', 'held', 'replayed'));

-- `due`: when a message that failed, or waits behind another, may be taken up; NULL while somebody
-- is at it. `line`: a hash of sender and patient where the format demands their order. `mends` is
-- the message that this one replaces by mended content, `root` the first of such a chain, whose
-- number and id count for order and for derived ids. `causes` are rules and places, no content.
-- `made_at`: when the message says it was made. `repeats`: how often the same content came again.
ALTER TABLE bus.message
    ADD COLUMN due timestamptz,
    ADD COLUMN line bigint,
    ADD COLUMN mends text REFERENCES bus.message,
    ADD COLUMN mended_by text REFERENCES bus.message,
    ADD COLUMN root text,
    ADD COLUMN causes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN fault text,
    ADD COLUMN made_at timestamptz,
    ADD COLUMN repeats integer NOT NULL DEFAULT 0;
CREATE INDEX message_line ON bus.message (line, number) WHERE state = 'received';
CREATE INDEX message_root ON bus.message (root) WHERE root IS NOT NULL;
CREATE INDEX message_open ON bus.message (sender, number)
    WHERE state IN ('refused', 'conflict', 'accepted-in-part', 'held');

-- What a message came to before it was tried again; what it came to last stands in its own row.
-- `outcome` is a state, "failed" (a fault of ours, its kind in `fault`) or "cut-off".
CREATE TABLE bus.attempt (
    message text NOT NULL REFERENCES bus.message,
    number integer NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text NOT NULL,
    fault text,
    issues jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (message, number)
);

-- Replays by cause and how far they are. `given` is what was to be written in; it is forgotten at
-- the end. `upto` is the newest message that was open when the replay was ordered.
CREATE TABLE bus.replay (
    id text PRIMARY KEY,
    senders text[],
    cause text NOT NULL,
    given jsonb NOT NULL DEFAULT '{}',
    authority jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    after bigint NOT NULL DEFAULT 0,
    upto bigint NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL DEFAULT 0,
    taken integer NOT NULL DEFAULT 0
);
