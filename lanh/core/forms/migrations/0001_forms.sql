-- What people have begun to fill in, which submissions were taken, and which codes they use.
CREATE SCHEMA forms;

-- One draft for a person, form and record; `record` is empty where something new is made.
CREATE TABLE forms.draft (
    id text COLLATE "C" PRIMARY KEY,            -- cannot be guessed; the person is asked for too
    person text COLLATE "C" NOT NULL,
    form text COLLATE "C" NOT NULL,             -- the Questionnaire's url
    form_version text NOT NULL DEFAULT '',
    record text COLLATE "C" NOT NULL DEFAULT '',
    record_version bigint,                      -- what the record was when the draft was begun
    patient text COLLATE "C",                   -- the source Patient concerned, for erasure
    revision integer NOT NULL DEFAULT 1,
    response text NOT NULL,                     -- JSON as text: numbers keep their digits
    begun_at timestamptz NOT NULL DEFAULT now(),
    saved_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    UNIQUE (person, form, record)
);
CREATE INDEX draft_expires ON forms.draft (expires_at);
CREATE INDEX draft_record ON forms.draft (record) WHERE record <> '';
CREATE INDEX draft_patient ON forms.draft (patient) WHERE patient IS NOT NULL;

-- A key is made with each page; whoever sends it again gets what the first came to.
CREATE TABLE forms.submission (
    key text COLLATE "C" PRIMARY KEY,
    person text COLLATE "C" NOT NULL,
    form text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,                      -- of what was sent
    outcome text,                               -- references of what was written, no words
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX submission_at ON forms.submission (at);

-- Codes that a person has picked: those of late and the favourites are offered first.
CREATE TABLE forms.pick (
    person text COLLATE "C" NOT NULL,
    value_set text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    times integer NOT NULL DEFAULT 1,
    favourite boolean NOT NULL DEFAULT false,
    picked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, value_set, system, code)
);
