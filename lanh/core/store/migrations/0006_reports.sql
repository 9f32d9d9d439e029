-- Reports of facilities are looked for by the day that they are about: of a facility, of the country.
CREATE INDEX ON store.measurereport (period_lo);
CREATE INDEX ON store.measurereport (custodian, period_lo);
