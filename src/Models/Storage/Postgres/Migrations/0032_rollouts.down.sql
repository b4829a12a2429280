alter table revision drop column released;
alter table servers drop column prepared, drop column switched;
