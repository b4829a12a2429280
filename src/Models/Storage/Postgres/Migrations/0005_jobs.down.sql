drop table job_events;
drop table job_files;
drop table jobs;
