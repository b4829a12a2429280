-- API keys: of a key there is only its SHA-256. A name is used once, so that whoever reads the audit knows whose it was.
create table keys (
    name text collate "C" primary key,
    sha256 text collate "C" not null unique check (length(sha256) = 64),
    scopes text[] not null,
    created timestamptz not null default now(),
    created_by text,
    expires timestamptz,
    revoked timestamptz,
    revoked_by text,
    revision bigint not null
);
create index keys_revision on keys (revision);
