-- The models of which a server has not loaded the new default version yet, and those where it does not answer yet; null:
-- an older server, which doesn't say it.
alter table servers add column preparing text[], add column pending text[];

-- The revision of the change of a model's default version for which enough servers are ready: all answer by it.
alter table models add column released bigint not null default 0;
