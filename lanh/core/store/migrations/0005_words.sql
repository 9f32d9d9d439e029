-- A text in the names of a million facilities, wards and beds: in each, in few, or in none. The words
-- of a row's texts in an index tell the planner which of these it is, so that it walks a list's order
-- for a frequent word and goes by the word for a rare one.
-- Rows with a word too long for an index are found by the sign \x1f, whatever is asked for.
CREATE FUNCTION store.words(strings text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN strings ~ E'[^ \x1d\x1e\x1f]{255}' OR length(strings) > 100000
    THEN array_to_tsvector(ARRAY[E'\x1f'])
    ELSE array_to_tsvector(array_remove(string_to_array(
        regexp_replace(strings, E'\x1f[^\x1d\x1e\x1f]*(\x1e|\x1d[^\x1f]*)', ' ', 'g'), ' '), ''))
END;

CREATE INDEX location_words ON store.location USING gin (store.words(strings))
    WITH (fastupdate = off);
CREATE INDEX organization_words ON store.organization USING gin (store.words(strings))
    WITH (fastupdate = off);
ALTER INDEX store.location_words ALTER COLUMN 1 SET STATISTICS 1000;
ALTER INDEX store.organization_words ALTER COLUMN 1 SET STATISTICS 1000;
