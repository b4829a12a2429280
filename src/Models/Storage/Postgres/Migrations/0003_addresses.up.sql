-- Where the other servers reach a server, if they may forward requests to it.
alter table servers add column address text;
