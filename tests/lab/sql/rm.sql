-- The console's database: the tables that are known (names, and columns seen), with plausible rest.
CREATE TABLE oms_normal_config (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  cfg_name varchar(128) NOT NULL UNIQUE,
  cfg_value text NOT NULL,
  description varchar(512),
  gmt_modified datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) DEFAULT CHARSET=utf8mb4;
-- siteNote stands for every key that this version has and nobody has documented
INSERT INTO oms_normal_config (cfg_name, cfg_value, description) VALUES
 ('ha.config', '{"enable":true,"enableHost":false,"enableStore":true,"perceiveStoreClientCheckpoint":false,"enableConnector":true,"enableJdbcWriter":true,"subtopicStoreNumberThreshold":5,"checkRequestIntervalSec":600,"checkJdbcWriterIntervalSec":600,"checkHostDownIntervalSec":540,"checkModuleExceptionIntervalSec":240,"clearAbnormalResourceHours":72,"refetchStoreIntervalMin":30,"siteNote":"ask \\"Zoë\\" first \\ud83d\\ude80"}', 'HA'),
 ('oms.captcha.enable', 'false', NULL);

CREATE TABLE cluster_info (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  region varchar(64) NOT NULL, region_cn varchar(64), cm_url varchar(256) NOT NULL,
  code int NOT NULL, is_default_cm tinyint(1) NOT NULL
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE oms_project (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  project_name varchar(128) NOT NULL, project_status varchar(32) NOT NULL,
  gmt_created datetime NOT NULL DEFAULT CURRENT_TIMESTAMP
) DEFAULT CHARSET=utf8mb4;
CREATE TABLE oms_sync_project LIKE oms_project;
INSERT INTO oms_project (project_name, project_status) VALUES
 ('orders 🚀 to OceanBase', 'RUNNING'), ('Zoë''s "billing" \\ archive', 'SUSPENDED'),
 ('库存迁移', 'FAILED'), ('old test', 'DELETED'), ('old test', 'DELETED');
INSERT INTO oms_sync_project (project_name, project_status) VALUES
 ('orders 𝄞 loop', 'RUNNING'), ('to kafka', 'SUSPENDED');

CREATE TABLE ocp_info (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ocp_name varchar(128) NOT NULL, ocp_url varchar(256) NOT NULL
) DEFAULT CHARSET=utf8mb4;
INSERT INTO ocp_info (ocp_name, ocp_url) VALUES ('ocp', 'http://ocp:8080');

CREATE TABLE oms_version (version varchar(64) NOT NULL PRIMARY KEY, gmt_modified timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) DEFAULT CHARSET=utf8mb4;
