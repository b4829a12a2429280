drop table last_uses;
drop table probes;
drop table versions;
drop table blobs;
drop table models;
drop table revision;
