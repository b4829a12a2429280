drop table dataset_lines;
drop table datasets;
