alter table servers drop column address;
