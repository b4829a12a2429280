-- A data set. Its id tells it from an earlier one of the same name; the number of its last line is its revision.
create table datasets (
    id uuid primary key,
    name text collate "C" not null unique,
    facts text not null,
    revision int not null check (revision >= 0),
    images bigint not null,
    bytes bigint not null
);

-- The journal of a data set: a line for each revision. A line that brought images has their list and signatures beside
-- it, and their bytes in a blob.
create table dataset_lines (
    dataset uuid not null references datasets (id) on delete cascade,
    revision int not null check (revision > 0),
    line text not null,
    pack text collate "C" references blobs (sha256),
    pack_index bytea,
    pack_signatures bytea,
    changed bigint not null,
    primary key (dataset, revision),
    check ((pack is null) = (pack_index is null) and (pack is null) = (pack_signatures is null))
);
create index dataset_lines_pack on dataset_lines (pack) where pack is not null;
create index dataset_lines_changed on dataset_lines (changed);
