-- What people keep of lists: views of their own and the columns that they look at.
CREATE SCHEMA lists;

-- A view is a state of a list: `query` is its query string, without a page. Texts that were typed
-- into lists about people are not kept.
CREATE TABLE lists.view (
    person text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    title text NOT NULL,
    query text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, list, name)
);

CREATE TABLE lists.columns (
    person text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    names text[] NOT NULL,
    PRIMARY KEY (person, list)
);
