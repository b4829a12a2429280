-- The revision up to which a server has loaded the new default versions; null: an older server, which doesn't say it.
alter table servers add column prepared bigint;

-- The revision up to which enough servers have. Then all answer by these versions.
alter table revision add column released bigint not null default 0;
update revision set released = value;
