-- The servers that live: each says so every second, and which revision it has reached.
create table servers (
    id uuid primary key,
    name text not null,
    started timestamptz not null default now(),
    seen timestamptz not null default now(),
    reached bigint not null
);
