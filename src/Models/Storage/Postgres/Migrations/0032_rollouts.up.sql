-- The revision up to which a server has loaded the new default versions, and that up to which they answer; null: an older
-- server, which doesn't say it.
alter table servers add column prepared bigint, add column switched bigint;

-- The revision up to which enough servers have loaded them. Then all answer by these versions.
alter table revision add column released bigint not null default 0;
update revision set released = value;
