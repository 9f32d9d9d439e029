CREATE SCHEMA accounts;

-- People who sign in. Ids are opaque, so that audit and logs carry no name or number.
CREATE TABLE accounts.account (
    id text PRIMARY KEY,
    username text NOT NULL,
    username_key text NOT NULL UNIQUE,
    password text NOT NULL,
    display_name text NOT NULL,
    language text NOT NULL CHECK (language IN ('vi', 'en')),
    person text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    opened_at timestamptz NOT NULL DEFAULT now(),  -- when it was last opened again
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    last_sign_in_at timestamptz
);
CREATE INDEX account_person ON accounts.account (person) WHERE person IS NOT NULL;

-- What a person is, where, and from when until when (valid_to is the last day).
CREATE TABLE accounts.post (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL REFERENCES accounts.account (id),
    role text NOT NULL,
    area text,
    facility text,
    commune text,
    valid_from date NOT NULL,
    valid_to date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX post_account ON accounts.post (account);

-- Failed sign-ins by username, whether such an account exists or not.
CREATE TABLE accounts.attempt (
    key bytea PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    last_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attempt_last_at ON accounts.attempt (last_at);

-- Systems that send and read by themselves. Only public keys are kept.
CREATE TABLE accounts.client (
    id text PRIMARY KEY,
    name text NOT NULL,
    facilities text[] NOT NULL DEFAULT '{}',
    commune text,
    keys jsonb NOT NULL,
    keys_uri text,
    scopes text[] NOT NULL DEFAULT '{}',
    capabilities text[] NOT NULL DEFAULT '{}',
    reach text NOT NULL DEFAULT 'facility' CHECK (reach IN ('facility', 'national')),
    sensitivities text[] NOT NULL DEFAULT '{}',
    purpose text NOT NULL DEFAULT 'TREAT',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- The names by which a client's HL7 v2 messages know it (MSH-3, MSH-4).
CREATE TABLE accounts.mllp_name (
    application text NOT NULL,
    facility text NOT NULL,
    client text NOT NULL REFERENCES accounts.client (id),
    PRIMARY KEY (application, facility)
);

-- Bearer tokens by SHA-256: a stolen table opens nothing.
CREATE TABLE accounts.token (
    hash bytea PRIMARY KEY,
    client text REFERENCES accounts.client (id),
    account text REFERENCES accounts.account (id),
    scopes text[] NOT NULL DEFAULT '{}',
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((client IS NULL) <> (account IS NULL))
);
CREATE INDEX token_expires_at ON accounts.token (expires_at);
CREATE INDEX token_client ON accounts.token (client);

-- Assertions already used; kept until they would have expired by themselves.
CREATE TABLE accounts.assertion (
    client text NOT NULL,
    jti bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client, jti)
);
CREATE INDEX assertion_expires_at ON accounts.assertion (expires_at);
