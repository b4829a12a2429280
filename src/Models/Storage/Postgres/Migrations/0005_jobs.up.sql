-- Long work that servers share out among themselves. A job is running while a server has its lease, and until another
-- one takes it after the lease has ended. Each time that it is taken, the number of the lease rises; every write of its
-- server names that number.
create table jobs (
    id text collate "C" primary key,
    kind text not null,
    model text collate "C" not null,
    state text not null check (state in ('queued', 'running', 'over')),
    record text not null, -- what the job is, and how it ended: JSON of its kind
    progress text, -- how far it is: JSON of its kind
    wish text, -- what a client asks of the server that has the lease
    events bigint not null default 0, -- the number of its events
    lease bigint not null default 0,
    owner text, -- the name of the server that took it last
    lease_until timestamptz,
    attempts int not null default 0, -- times that it was taken, without those that a server gave back
    created timestamptz not null default now()
);
create index jobs_open on jobs (kind, created) where state <> 'over';

-- What a job needs, and what it goes on from.
create table job_files (
    job text collate "C" not null references jobs (id) on delete cascade,
    name text not null,
    file text collate "C" not null references blobs (sha256),
    primary key (job, name)
);
create index job_files_file on job_files (file);

-- The events of a job, a few seconds of them in a row: each a line of JSON, numbered from 1.
create table job_events (
    job text collate "C" not null references jobs (id) on delete cascade,
    last bigint not null, -- the number of the last line
    lines text not null,
    primary key (job, last)
);
