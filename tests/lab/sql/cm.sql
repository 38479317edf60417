-- The cluster manager's database.
CREATE TABLE resource_group (id bigint NOT NULL PRIMARY KEY, name varchar(64) NOT NULL) DEFAULT CHARSET=utf8mb4;
CREATE TABLE host (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ip varchar(64) NOT NULL UNIQUE, host_status varchar(16) NOT NULL, resource_group_id bigint NOT NULL,
  gmt_modified datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE location_cm (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, location int NOT NULL, cm_url varchar(256) NOT NULL
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE config_job (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  job_name varchar(128) NOT NULL, `key` varchar(128) NOT NULL, `value` varchar(512)
) DEFAULT CHARSET=utf8mb4;
INSERT INTO config_job (job_name, `key`, `value`) VALUES
 ('jdbc-1', 'sourceFile.encoding', 'utf-8'), ('jdbc-1', 'workerNum', '16');
