-- The record store: one table of current rows for each type, one history, the small indexes that
-- reach across persons, and the change feed.
--
-- bucket  0..63, from the key of the row's person: the source Patient's id, or the row's own id
--         where no Patient is concerned. It stands in every primary key, so that hash partitions,
--         one cluster a province, or an engine that shards by a column can take over.
-- tokens  64-bit hashes of parameter and value, for every token, reference and uri.
-- code    the hash of the first main code; those after it are among the tokens.
-- strings folded texts by parameter, between unit separators; after them, by parameter, short
--         hashes of the texts as written.
-- present one bit for each token, reference and uri parameter that has a value.
-- parts   the single values of parameters of which the row has several, by parameter: what a pair
--         of columns spans, and what stands together in one element (composites).
-- body    the JSON as served without its head, which the columns tell (bodies.py); zstd under the
--         dictionary of that number (0: none).
-- moved   a tombstone: the row's subject changed, and the row now stands in another bucket.

CREATE SCHEMA store;

CREATE TABLE store.type (
    number smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- The half of a reference's token that tells its target, the other half being the parameter: so a
-- row finds the tokens of those that refer to it, and they find the row.
CREATE FUNCTION store.reference_key(type text, id text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || encode(substr(sha256((type || '/' || id)::bytea), 1, 8), 'hex'))::bit(64)::bigint;

-- Makes the table of a type, with its indexes. `ranges` names the pairs of columns for dates,
-- numbers and quantities beside the main date, as in 'value_quantity:number value_date:date'.
CREATE FUNCTION store.add_type(
    number integer, name text, partitions integer, has_patient boolean, ranges text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target text := format('store.%I', lower(name));
    step integer := 64 / greatest(partitions, 1);
    pair text;
    kind text;
    extra text := '';
BEGIN
    FOREACH pair IN ARRAY string_to_array(ranges, ' ') LOOP
        kind := CASE split_part(pair, ':', 2) WHEN 'date' THEN 'timestamptz' ELSE 'numeric' END;
        pair := split_part(pair, ':', 1);
        extra := extra || format('%I %s, %I %s, ', pair || '_lo', kind, pair || '_hi', kind);
    END LOOP;
    IF name = 'Patient' THEN
        extra := extra || 'residence text, sort_name text COLLATE "C", ';
    ELSIF name = 'Location' THEN
        extra := extra || 'latitude numeric, longitude numeric, ';
    END IF;
    EXECUTE format($ddl$
        CREATE TABLE %s (
            txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            updated timestamptz NOT NULL,
            code bigint,
            date_lo timestamptz,
            date_hi timestamptz,
            version integer NOT NULL,
            present integer NOT NULL DEFAULT 0,
            bucket smallint NOT NULL,
            dictionary smallint NOT NULL,
            deleted boolean NOT NULL DEFAULT false,
            moved boolean NOT NULL DEFAULT false,
            id text COLLATE "C" NOT NULL,
            patient text COLLATE "C",
            custodian text COLLATE "C",
            commune text COLLATE "C",
            sensitivity text COLLATE "C",
            %s
            tokens bigint[] NOT NULL,
            strings text COLLATE "C",
            parts jsonb,
            body bytea,
            PRIMARY KEY (id, bucket)
        ) %s
    $ddl$, target, extra, CASE WHEN partitions > 0 THEN 'PARTITION BY RANGE (bucket)' ELSE '' END);
    EXECUTE format('ALTER TABLE %s ALTER COLUMN body SET STORAGE EXTERNAL', target);
    FOR part IN 0 .. partitions - 1 LOOP
        EXECUTE format(
            'CREATE TABLE store.%I PARTITION OF %s FOR VALUES FROM (%s) TO (%s)',
            lower(name) || '_' || part, target, part * step, (part + 1) * step
        );
    END LOOP;
    EXECUTE format('CREATE INDEX ON %s USING gin (tokens) WITH (fastupdate = off)', target);
    IF has_patient AND name <> 'Patient' THEN
        EXECUTE format(
            'CREATE INDEX ON %s (hashtextextended(patient, 0), code, date_lo DESC NULLS LAST)',
            target
        );
    END IF;
    INSERT INTO store.type VALUES (add_type.number, add_type.name);
END
$$;

SELECT store.add_type(t.number, t.name, t.partitions, t.has_patient, t.ranges) FROM (VALUES
    (1, 'Account', 0, true, ''),
    (2, 'ActivityDefinition', 0, false, 'context_quantity:number effective:date'),
    (3, 'AdverseEvent', 0, true, ''),
    (4, 'AllergyIntolerance', 0, true, 'last_date:date onset:date'),
    (5, 'Appointment', 0, true, ''),
    (6, 'AppointmentResponse', 0, true, ''),
    (7, 'AuditEvent', 0, true, ''),
    (8, 'Basic', 0, true, ''),
    (9, 'Binary', 0, false, ''),
    (10, 'BiologicallyDerivedProduct', 0, false, ''),
    (11, 'BodyStructure', 0, true, ''),
    (12, 'Bundle', 0, false, ''),
    (13, 'CapabilityStatement', 0, false, 'context_quantity:number'),
    (14, 'CarePlan', 0, true, 'activity_date:date'),
    (15, 'CareTeam', 0, true, ''),
    (16, 'CatalogEntry', 0, false, ''),
    (17, 'ChargeItem', 0, true, 'entered_date:date factor_override:number price_override:number quantity:number'),
    (18, 'ChargeItemDefinition', 0, false, 'context_quantity:number effective:date'),
    (19, 'Claim', 8, true, ''),
    (20, 'ClaimResponse', 0, true, 'payment_date:date'),
    (21, 'ClinicalImpression', 0, true, ''),
    (22, 'CodeSystem', 0, false, 'context_quantity:number'),
    (23, 'Communication', 0, true, 'received:date'),
    (24, 'CommunicationRequest', 0, true, 'occurrence:date'),
    (25, 'CompartmentDefinition', 0, false, 'context_quantity:number'),
    (26, 'Composition', 0, true, 'period:date'),
    (27, 'ConceptMap', 0, false, 'context_quantity:number'),
    (28, 'Condition', 8, true, 'abatement_age:number abatement_date:date onset_age:number onset_date:date recorded_date:date'),
    (29, 'Consent', 0, true, 'period:date'),
    (30, 'Contract', 0, true, ''),
    (31, 'Coverage', 0, true, ''),
    (32, 'CoverageEligibilityRequest', 0, true, ''),
    (33, 'CoverageEligibilityResponse', 0, true, ''),
    (34, 'DetectedIssue', 0, true, ''),
    (35, 'Device', 0, true, ''),
    (36, 'DeviceDefinition', 0, false, ''),
    (37, 'DeviceMetric', 0, false, ''),
    (38, 'DeviceRequest', 0, true, 'event_date:date'),
    (39, 'DeviceUseStatement', 0, true, ''),
    (40, 'DiagnosticReport', 8, true, 'issued:date'),
    (41, 'DocumentManifest', 0, true, ''),
    (42, 'DocumentReference', 0, true, 'period:date'),
    (43, 'EffectEvidenceSynthesis', 0, false, 'context_quantity:number effective:date'),
    (44, 'Encounter', 8, true, 'length:number location_period:date'),
    (45, 'Endpoint', 0, false, ''),
    (46, 'EnrollmentRequest', 0, true, ''),
    (47, 'EnrollmentResponse', 0, false, ''),
    (48, 'EpisodeOfCare', 0, true, ''),
    (49, 'EventDefinition', 0, false, 'context_quantity:number effective:date'),
    (50, 'Evidence', 0, false, 'context_quantity:number effective:date'),
    (51, 'EvidenceVariable', 0, false, 'context_quantity:number effective:date'),
    (52, 'ExampleScenario', 0, false, 'context_quantity:number'),
    (53, 'ExplanationOfBenefit', 8, true, ''),
    (54, 'FamilyMemberHistory', 0, true, ''),
    (55, 'Flag', 0, true, ''),
    (56, 'Goal', 0, true, 'target_date:date'),
    (57, 'GraphDefinition', 0, false, 'context_quantity:number'),
    (58, 'Group', 0, true, ''),
    (59, 'GuidanceResponse', 0, true, ''),
    (60, 'HealthcareService', 0, false, ''),
    (61, 'ImagingStudy', 0, true, ''),
    (62, 'Immunization', 8, true, 'reaction_date:date'),
    (63, 'ImmunizationEvaluation', 0, true, ''),
    (64, 'ImmunizationRecommendation', 0, true, ''),
    (65, 'ImplementationGuide', 0, false, 'context_quantity:number'),
    (66, 'InsurancePlan', 0, false, ''),
    (67, 'Invoice', 0, true, 'totalgross:number totalnet:number'),
    (68, 'Library', 0, false, 'context_quantity:number effective:date'),
    (69, 'Linkage', 0, false, ''),
    (70, 'List', 0, true, ''),
    (71, 'Location', 0, false, ''),
    (72, 'Measure', 0, false, 'context_quantity:number effective:date'),
    (73, 'MeasureReport', 0, true, 'period:date'),
    (74, 'Media', 0, true, ''),
    (75, 'Medication', 0, false, 'expiration_date:date'),
    (76, 'MedicationAdministration', 0, true, ''),
    (77, 'MedicationDispense', 8, true, 'whenhandedover:date whenprepared:date'),
    (78, 'MedicationKnowledge', 0, false, ''),
    (79, 'MedicationRequest', 8, true, 'other_date:date'),
    (80, 'MedicationStatement', 0, true, ''),
    (81, 'MedicinalProduct', 0, false, ''),
    (82, 'MedicinalProductAuthorization', 0, true, ''),
    (83, 'MedicinalProductContraindication', 0, true, ''),
    (84, 'MedicinalProductIndication', 0, true, ''),
    (85, 'MedicinalProductIngredient', 0, false, ''),
    (86, 'MedicinalProductInteraction', 0, true, ''),
    (87, 'MedicinalProductManufactured', 0, false, ''),
    (88, 'MedicinalProductPackaged', 0, true, ''),
    (89, 'MedicinalProductPharmaceutical', 0, false, ''),
    (90, 'MedicinalProductUndesirableEffect', 0, true, ''),
    (91, 'MessageDefinition', 0, false, 'context_quantity:number'),
    (92, 'MessageHeader', 0, false, ''),
    (93, 'MolecularSequence', 0, true, 'variant_end:number variant_start:number window_end:number window_start:number'),
    (94, 'NamingSystem', 0, false, 'context_quantity:number period:date'),
    (95, 'NutritionOrder', 0, true, ''),
    (96, 'Observation', 8, true, 'component_value_quantity:number value_date:date value_quantity:number'),
    (97, 'ObservationDefinition', 0, false, ''),
    (98, 'OperationDefinition', 0, false, 'context_quantity:number'),
    (99, 'OperationOutcome', 0, false, ''),
    (100, 'Organization', 0, false, ''),
    (101, 'OrganizationAffiliation', 0, false, ''),
    (102, 'Parameters', 0, false, ''),
    (103, 'Patient', 8, true, 'death_date:date'),
    (104, 'PaymentNotice', 0, false, ''),
    (105, 'PaymentReconciliation', 0, false, ''),
    (106, 'Person', 0, true, ''),
    (107, 'PlanDefinition', 0, false, 'context_quantity:number effective:date'),
    (108, 'Practitioner', 0, false, ''),
    (109, 'PractitionerRole', 0, false, ''),
    (110, 'Procedure', 8, true, ''),
    (111, 'Provenance', 0, true, 'when:date'),
    (112, 'Questionnaire', 0, false, 'context_quantity:number effective:date'),
    (113, 'QuestionnaireResponse', 0, true, ''),
    (114, 'RelatedPerson', 0, true, ''),
    (115, 'RequestGroup', 0, true, ''),
    (116, 'ResearchDefinition', 0, false, 'context_quantity:number effective:date'),
    (117, 'ResearchElementDefinition', 0, false, 'context_quantity:number effective:date'),
    (118, 'ResearchStudy', 0, false, ''),
    (119, 'ResearchSubject', 0, true, ''),
    (120, 'RiskAssessment', 0, true, 'probability:number'),
    (121, 'RiskEvidenceSynthesis', 0, false, 'context_quantity:number effective:date'),
    (122, 'Schedule', 0, true, ''),
    (123, 'SearchParameter', 0, false, 'context_quantity:number'),
    (124, 'ServiceRequest', 0, true, 'occurrence:date'),
    (125, 'Slot', 0, false, ''),
    (126, 'Specimen', 0, true, ''),
    (127, 'SpecimenDefinition', 0, false, ''),
    (128, 'StructureDefinition', 0, false, 'context_quantity:number'),
    (129, 'StructureMap', 0, false, 'context_quantity:number'),
    (130, 'Subscription', 0, false, ''),
    (131, 'Substance', 0, false, 'expiry:date quantity:number'),
    (132, 'SubstanceNucleicAcid', 0, false, ''),
    (133, 'SubstancePolymer', 0, false, ''),
    (134, 'SubstanceProtein', 0, false, ''),
    (135, 'SubstanceReferenceInformation', 0, false, ''),
    (136, 'SubstanceSourceMaterial', 0, false, ''),
    (137, 'SubstanceSpecification', 0, false, ''),
    (138, 'SupplyDelivery', 0, true, ''),
    (139, 'SupplyRequest', 0, true, ''),
    (140, 'Task', 0, true, 'modified:date period:date'),
    (141, 'TerminologyCapabilities', 0, false, 'context_quantity:number'),
    (142, 'TestReport', 0, false, ''),
    (143, 'TestScript', 0, false, 'context_quantity:number'),
    (144, 'ValueSet', 0, false, 'context_quantity:number'),
    (145, 'VerificationResult', 0, false, ''),
    (146, 'VisionPrescription', 0, true, '')
) AS t (number, name, partitions, has_patient, ranges);

-- Across persons: what happened with this code of late; a facility's visits.
CREATE INDEX ON store.observation (code, date_lo DESC NULLS LAST);
CREATE INDEX ON store.condition (code, date_lo DESC NULLS LAST);
CREATE INDEX ON store.immunization (code, date_lo DESC NULLS LAST);
CREATE INDEX ON store.encounter (custodian, date_lo DESC NULLS LAST);
CREATE INDEX ON store.patient (residence);
-- A day of birth narrows a search by name to some thousands of a whole nation.
CREATE INDEX ON store.patient (date_lo);
-- Types that others refer to often: from a reference's token to the row.
CREATE INDEX ON store.encounter (store.reference_key('Encounter', id));
CREATE INDEX ON store.location (store.reference_key('Location', id));
CREATE INDEX ON store.organization (store.reference_key('Organization', id));
CREATE INDEX ON store.practitioner (store.reference_key('Practitioner', id));
CREATE INDEX ON store.practitionerrole (store.reference_key('PractitionerRole', id));
CREATE INDEX ON store.servicerequest (store.reference_key('ServiceRequest', id));

-- Old versions of every type, under the same bucket as the row they belong to.
CREATE TABLE store.history (
    updated timestamptz NOT NULL,
    version integer NOT NULL,
    type smallint NOT NULL,
    bucket smallint NOT NULL,
    dictionary smallint NOT NULL,
    deleted boolean NOT NULL,
    id text COLLATE "C" NOT NULL,
    patient text COLLATE "C",
    custodian text COLLATE "C",
    commune text COLLATE "C",
    sensitivity text COLLATE "C",
    body bytea,
    PRIMARY KEY (id, version, type, bucket)
) PARTITION BY RANGE (bucket);
ALTER TABLE store.history ALTER COLUMN body SET STORAGE EXTERNAL;
DO $$
BEGIN
    FOR part IN 0 .. 7 LOOP
        EXECUTE format(
            'CREATE TABLE store.history_%s PARTITION OF store.history FOR VALUES FROM (%s) TO (%s)',
            part, part * 8, part * 8 + 8
        );
    END LOOP;
END
$$;

-- Where an id that a client chose (or whose row has moved) stands, and who first wrote it.
-- key is a 128-bit hash of type and id: a third of the bytes of the two.
CREATE TABLE store.locator (
    key uuid PRIMARY KEY,
    bucket smallint NOT NULL,
    owner text COLLATE "C"
);

-- Rows by identifier: hashes of the value and of its system (0 where it has none).
CREATE TABLE store.identifier (
    value bigint NOT NULL,
    system bigint NOT NULL,
    type smallint NOT NULL,
    bucket smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (value, system, type, id)
);

-- What hashes stand for where that repeats from row to row: codes with their systems, displays,
-- units, uris. Rows hold the hash alone; searches that name a part of it look it up here. Nothing
-- of one person stands here. xid is the transaction that added it; two at once may both.
--   field   the parameter; `parameter:text` for displays (folded), `parameter:unit` for units
--   value   the code, display or uri; label the unit as people read it
CREATE TABLE store.vocabulary (
    hash bigint NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    field text COLLATE "C" NOT NULL,
    system text COLLATE "C",
    value text COLLATE "C" NOT NULL,
    label text COLLATE "C",
    PRIMARY KEY (hash, xid)
);
CREATE INDEX ON store.vocabulary (field, value);

-- Search parameters of this installation, from SearchParameter resources: one row for each
-- definition and type. A changed definition is a new row; the old one answers until the new one
-- is active, which is when every row of the type has been indexed.
--   after   ids up to this one are done; since which transactions must have ended before it begins
CREATE TABLE store.search_parameter (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    url text NOT NULL,
    kind text NOT NULL,
    expression text NOT NULL,
    targets text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'indexing', 'active', 'unusable')),
    reason text,
    defined timestamptz NOT NULL DEFAULT clock_timestamp(),
    since xid8,
    after text COLLATE "C" NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0
);

-- People's names by each word they could be looked up from: "nguyen van an", "van an", "an".
CREATE TABLE store.name (
    type smallint NOT NULL,
    bucket smallint NOT NULL,
    words text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (words, type, id)
);

-- The change feed: one row for a type in a unit of work. entries is "c1:id,u7:id,d3:id",
-- a long one compressed (feeding.py).
-- A reader goes by (xid, number) and stops at the oldest transaction still running, so that one
-- which commits late is never passed over.
CREATE TABLE store.feed (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    type smallint NOT NULL,
    entries bytea NOT NULL,
    PRIMARY KEY (xid, number)
);
