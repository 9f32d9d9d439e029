-- What came of a sender's messages of a day, in parts, as docs/explanation/scores.md says; a chain
-- of mended messages counts once, on the day of its first, by what its last came to.
CREATE TABLE bus.score (
    sender text NOT NULL,
    day date NOT NULL,
    facility text,
    commune text,
    messages integer NOT NULL,
    parts integer NOT NULL,
    accurate integer NOT NULL,
    adequate integer NOT NULL,
    clean integer NOT NULL,
    timed integer NOT NULL,
    live integer NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, day)
);
CREATE INDEX score_day ON bus.score (day, commune);
CREATE INDEX message_settled ON bus.message (settled_at) WHERE settled_at IS NOT NULL;

-- A sender that used to send and fell silent over a working day, until it sends again.
CREATE TABLE bus.silence (
    sender text NOT NULL,
    last_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (sender, last_at)
);
