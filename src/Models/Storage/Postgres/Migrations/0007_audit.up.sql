-- Who changed what, through which server: a row for each request that changes something.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    server text not null,
    key text,
    address text,
    method text not null,
    path text not null,
    model text,
    status int not null
);
create index audit_at on audit (at, id);
create index audit_model on audit (model, at, id) where model is not null;
