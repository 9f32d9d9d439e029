CREATE SCHEMA nation;

-- Where the units were read from; a load of the same edition does nothing.
CREATE TABLE nation.place_edition (
    edition text PRIMARY KEY,
    loaded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE nation.unit (
    level text NOT NULL CHECK (level IN ('province', 'district', 'commune')),
    code text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    kind text NOT NULL,
    name text NOT NULL,
    short_name text NOT NULL,
    folded text NOT NULL,
    sort_key text NOT NULL,
    province text NOT NULL,
    district text,
    latitude double precision,
    longitude double precision,
    area double precision,
    PRIMARY KEY (level, code, valid_from)
);

-- Many to many: a divided commune has several successors, one of them the main one.
CREATE TABLE nation.succession (
    level text NOT NULL,
    old text NOT NULL,
    new text NOT NULL,
    main boolean NOT NULL,
    PRIMARY KEY (level, old, new)
);
CREATE INDEX succession_new ON nation.succession (level, new);

-- Official borders, where an operator has imported them; used in place of the packaged outlines.
CREATE TABLE nation.border (
    code text NOT NULL,
    valid_from date NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'commune')),
    name text NOT NULL,
    geometry text NOT NULL,
    source text NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (code, valid_from)
);
