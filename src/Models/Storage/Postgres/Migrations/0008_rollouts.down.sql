alter table models drop column released;
alter table servers drop column preparing, drop column pending;
