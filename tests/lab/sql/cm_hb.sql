-- A region's heartbeat database. The sequence table ("heatbeat" is OMS's own spelling) only ever grows.
CREATE TABLE heart_beat (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  task_type varchar(32) NOT NULL, task_name varchar(64) NOT NULL, host_ip varchar(64) NOT NULL,
  gmt_created datetime NOT NULL, gmt_modified datetime NOT NULL,
  UNIQUE KEY (task_name, host_ip)
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE heatbeat_sequence (
  `id` bigint(20) NOT NULL AUTO_INCREMENT COMMENT 'PK',
  `gmt_created` datetime NOT NULL,
  `gmt_modified` datetime NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8 COMMENT='Heartbeat sequence table';
CREATE TABLE digit (d int NOT NULL);
INSERT INTO digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
INSERT INTO heatbeat_sequence SELECT n, NOW() - INTERVAL (120000 - n) SECOND, NOW() - INTERVAL (120000 - n) SECOND FROM
 (SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n
  FROM digit a, digit b, digit c, digit e, digit f, digit g WHERE g.d < 2) numbers WHERE n <= 120000;
DROP TABLE digit;
-- Which docker_init.sh has been here: it is not made to be run twice.
CREATE TABLE oms_init_run (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  version varchar(16) NOT NULL, host_ip varchar(64) NOT NULL, cm_nodes varchar(512) NOT NULL, finished datetime NOT NULL
) DEFAULT CHARSET=utf8mb4;
