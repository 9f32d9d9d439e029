-- Facilities, wards and beds are a million, listed by name or by what changed last. No patient leads
-- to them, so their lists walk an index in the order asked for, and see those of one custodian by
-- another. Each index serves both directions of a list: nulls first going up, last going down.
-- sort_name  the name as it sorts in Vietnamese. Rows written before this have their folded name,
--            which sorts nearly so, until they are written again.
ALTER TABLE store.location ADD COLUMN sort_name text COLLATE "C";
ALTER TABLE store.organization ADD COLUMN sort_name text COLLATE "C";
UPDATE store.location
SET sort_name = substring(strings from E'\x1fname\x1e([^\x1f]*)') WHERE strings IS NOT NULL;
UPDATE store.organization
SET sort_name = substring(strings from E'\x1fname\x1e([^\x1f]*)') WHERE strings IS NOT NULL;

CREATE INDEX ON store.location (code, sort_name NULLS FIRST, id);
CREATE INDEX ON store.location (sort_name NULLS FIRST, id);
CREATE INDEX ON store.location (updated NULLS FIRST, id);
CREATE INDEX ON store.location (custodian);
CREATE INDEX ON store.organization (sort_name NULLS FIRST, id);
CREATE INDEX ON store.organization (updated NULLS FIRST, id);
CREATE INDEX ON store.organization (custodian);
