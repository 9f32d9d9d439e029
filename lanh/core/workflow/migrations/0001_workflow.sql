-- Cases that go from state to state by versioned definitions, their tasks, clocks and history.
--
-- Whatever changes a case, its task or its clocks locks the row of workflow.cases first. custodian,
-- commune, patient, bucket and sensitivity are what access predicates ask, as on rows of records.
CREATE SCHEMA workflow;

CREATE TABLE workflow.cases (
    id text COLLATE "C" PRIMARY KEY,
    definition text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    key text COLLATE "C" NOT NULL,              -- what is opened twice is one case
    state text COLLATE "C" NOT NULL,
    revision integer NOT NULL DEFAULT 1,        -- who acts names the one they saw
    steps integer NOT NULL DEFAULT 0,
    focus_type text COLLATE "C" NOT NULL,       -- the record that the case is about
    focus_id text COLLATE "C" NOT NULL,
    patient text COLLATE "C",
    bucket smallint NOT NULL,
    custodian text COLLATE "C",
    commune text COLLATE "C",
    sensitivity text COLLATE "C",
    opened_at timestamptz NOT NULL,
    entered_at timestamptz NOT NULL,            -- the state of now
    due timestamptz,                            -- the nearest end of a running clock
    closed_at timestamptz,
    UNIQUE (definition, key)
);
CREATE INDEX cases_version ON workflow.cases (definition, version, id) WHERE closed_at IS NULL;
-- Lists go in the order of the ends; what has none comes last.
CREATE INDEX cases_due ON workflow.cases ((coalesce(due, 'infinity'::timestamptz)), id)
    WHERE closed_at IS NULL;
CREATE INDEX cases_custodian ON workflow.cases (custodian) WHERE closed_at IS NULL;
CREATE INDEX cases_commune ON workflow.cases (commune) WHERE closed_at IS NULL;
CREATE INDEX cases_focus ON workflow.cases (focus_type, focus_id);
CREATE INDEX cases_patient ON workflow.cases (patient) WHERE patient IS NOT NULL;

CREATE TABLE workflow.step (
    case_id text COLLATE "C" NOT NULL REFERENCES workflow.cases,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    actor text NOT NULL,                        -- kind and opaque id
    purpose text NOT NULL,
    on_behalf_of text,
    from_state text,
    to_state text NOT NULL,
    version integer NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (case_id, number)
);

-- History only grows. A reason, which is free text, may be emptied by an order of erasure.
CREATE FUNCTION workflow.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.reason = '' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON workflow.step
    FOR EACH ROW EXECUTE FUNCTION workflow.refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON workflow.step
    FOR EACH STATEMENT EXECUTE FUNCTION workflow.refuse();

CREATE TABLE workflow.task (
    id text COLLATE "C" PRIMARY KEY,
    case_id text COLLATE "C" NOT NULL REFERENCES workflow.cases,
    queue text COLLATE "C" NOT NULL,
    status text NOT NULL CHECK (status IN ('ready', 'accepted', 'completed', 'cancelled')),
    priority text NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    owner text COLLATE "C",
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX task_open ON workflow.task (case_id) WHERE ended_at IS NULL;
CREATE INDEX task_queue ON workflow.task (queue, id) WHERE ended_at IS NULL;
CREATE INDEX task_owner ON workflow.task (owner) WHERE ended_at IS NULL AND owner IS NOT NULL;

CREATE TABLE workflow.clock (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text COLLATE "C" NOT NULL REFERENCES workflow.cases,
    deadline text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    due timestamptz,                            -- none where the calendar lacks the year
    certain boolean NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX clock_running ON workflow.clock (case_id, deadline) WHERE ended_at IS NULL;
CREATE INDEX clock_uncertain ON workflow.clock (id) WHERE ended_at IS NULL AND NOT certain;

CREATE TABLE workflow.escalation (
    clock_id bigint NOT NULL REFERENCES workflow.clock,
    name text COLLATE "C" NOT NULL,
    case_id text COLLATE "C" NOT NULL REFERENCES workflow.cases,
    due timestamptz NOT NULL,
    try_at timestamptz NOT NULL,                -- later than due after a failure
    failures integer NOT NULL DEFAULT 0,
    fault text,                                 -- the kind of the last error, never its data
    done_at timestamptz,
    PRIMARY KEY (clock_id, name)
);
CREATE INDEX escalation_due ON workflow.escalation (try_at) WHERE done_at IS NULL;

CREATE TABLE workflow.signature (
    id text COLLATE "C" PRIMARY KEY,
    case_id text COLLATE "C" NOT NULL REFERENCES workflow.cases,
    need text COLLATE "C" NOT NULL,
    content text NOT NULL,                      -- SHA-256 of what is signed, hexadecimal
    request text NOT NULL,                      -- the signing service's own name for it
    asked_at timestamptz NOT NULL,
    signed_at timestamptz,
    signed_by text,
    evidence text,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX signature_asked ON workflow.signature (case_id, need) WHERE withdrawn_at IS NULL;
