-- The number that each change raises. Its row is locked by a change until the commit, so changes are made one after
-- another, and whoever reads a number sees all changes up to it.
create table revision (
    only_row boolean primary key default true check (only_row),
    value bigint not null
);
insert into revision (value) values (0);

create table models (
    name text collate "C" primary key,
    settings text not null,
    last_version int not null,
    revision bigint not null
);

-- Files in the store of blobs. A row is there before its file, and goes after it.
create table blobs (
    sha256 text collate "C" primary key check (length(sha256) = 64),
    bytes bigint not null,
    touched timestamptz not null default now()
);

create table versions (
    model text collate "C" not null references models (name) on delete cascade,
    version int not null check (version > 0),
    manifest text not null,
    definition text not null,
    weights text collate "C" not null references blobs (sha256),
    samples text collate "C" references blobs (sha256),
    revision bigint not null,
    primary key (model, version)
);
create index versions_weights on versions (weights);
create index versions_samples on versions (samples) where samples is not null;

create table probes (
    key text collate "C" primary key,
    result text not null
);

create table last_uses (
    only_row boolean primary key default true check (only_row),
    versions text not null
);
