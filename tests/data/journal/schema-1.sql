-- A journal as a build of schema 1 (commit d12ec52) wrote it: job 1 failed, was retried, skipped and canceled; job 2 is
-- paused at its last step. Paths and boot ids are replaced.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE attempt (
  job     INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  token   TEXT NOT NULL UNIQUE,
  host    TEXT NOT NULL,
  boot    TEXT NOT NULL,           -- boot id of the host when it was started; '' when not known
  forced  INTEGER NOT NULL,
  started TEXT NOT NULL,
  ended   TEXT,
  outcome TEXT,                    -- exited, lost, never, stopped, unknown, dropped
  exit    INTEGER,
  output  BLOB,                    -- at most 1 MiB, scrubbed of secrets
  PRIMARY KEY (job, seq, attempt)
) STRICT;
INSERT INTO "attempt" VALUES(1,0,1,'omsup-1-5f6d7d5c-0-1','n1','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.110Z','2026-11-29T16:14:09.145Z','exited',0,X'6F6D7375703A206661637420636F6C6F72206772C3BC6E0A');
INSERT INTO "attempt" VALUES(1,1,1,'omsup-1-5f6d7d5c-1-1','n2','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.110Z','2026-11-29T16:14:09.147Z','exited',0,X'6F6D7375703A206661637420636F6C6F72206772C3BC6E0A');
INSERT INTO "attempt" VALUES(1,2,1,'omsup-1-5f6d7d5c-2-1','n1','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.174Z','2026-11-29T16:14:09.189Z','exited',1,X'6974277320616374696E67206F6E206E310A');
INSERT INTO "attempt" VALUES(1,3,1,'omsup-1-5f6d7d5c-3-1','n2','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.178Z','2026-11-29T16:14:09.198Z','exited',1,X'6974277320616374696E67206F6E206E320A');
INSERT INTO "attempt" VALUES(1,5,1,'omsup-1-5f6d7d5c-5-1','n2','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.364Z','2026-11-29T16:14:09.389Z','exited',1,X'616761696E0A');
INSERT INTO "attempt" VALUES(1,4,1,'omsup-1-5f6d7d5c-4-1','n1','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:09.364Z','2026-11-29T16:14:09.394Z','exited',1,X'616761696E0A');
INSERT INTO "attempt" VALUES(1,4,2,'omsup-1-5f6d7d5c-4-2','n1','6b1f4c1e-0000-4000-8000-000000000001',1,'2026-11-29T16:14:09.465Z','2026-11-29T16:14:09.485Z','exited',1,X'616761696E0A');
INSERT INTO "attempt" VALUES(2,0,1,'omsup-2-5f6d7d5c-0-1','n1','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:10.078Z','2026-11-29T16:14:10.121Z','exited',0,X'6F6D7375703A206661637420636F6C6F72206772C3BC6E0A');
INSERT INTO "attempt" VALUES(2,1,1,'omsup-2-5f6d7d5c-1-1','n2','6b1f4c1e-0000-4000-8000-000000000001',0,'2026-11-29T16:14:10.078Z','2026-11-29T16:14:10.127Z','exited',0,X'6F6D7375703A206661637420636F6C6F72206772C3BC6E0A');
CREATE TABLE event (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  time    TEXT NOT NULL,
  job     INTEGER NOT NULL,
  step    TEXT,
  subtask TEXT,
  actor   TEXT NOT NULL,           -- engine, or uid, login and pid of the peer
  event   TEXT NOT NULL,
  from_state TEXT,
  to_state   TEXT,
  reason  TEXT
) STRICT;
INSERT INTO "event" VALUES(1,'2026-11-29T16:14:09.110Z',1,NULL,NULL,'root (uid 0, pid 31430)','submit',NULL,'Ready',NULL);
INSERT INTO "event" VALUES(2,'2026-11-29T16:14:09.110Z',1,NULL,NULL,'root (uid 0, pid 31430)','start','Ready','In Progress',NULL);
INSERT INTO "event" VALUES(3,'2026-11-29T16:14:09.110Z',1,'look','n1','engine','begin-act','Pending','Running','its turn');
INSERT INTO "event" VALUES(4,'2026-11-29T16:14:09.110Z',1,'look','n2','engine','begin-act','Pending','Running','its turn');
INSERT INTO "event" VALUES(5,'2026-11-29T16:14:09.146Z',1,'look','n1','engine','ok','Running','Successful','exited 0');
INSERT INTO "event" VALUES(6,'2026-11-29T16:14:09.147Z',1,'look','n2','engine','ok','Running','Successful','exited 0');
INSERT INTO "event" VALUES(7,'2026-11-29T16:14:09.147Z',1,'act','n1','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(8,'2026-11-29T16:14:09.147Z',1,'act','n2','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(9,'2026-11-29T16:14:09.175Z',1,'act','n1','engine','no','Running','Running','the check says: not done');
INSERT INTO "event" VALUES(10,'2026-11-29T16:14:09.178Z',1,'act','n2','engine','no','Running','Running','the check says: not done');
INSERT INTO "event" VALUES(11,'2026-11-29T16:14:09.189Z',1,'act','n1','engine','exit-bad','Running','Failed','failed');
INSERT INTO "event" VALUES(12,'2026-11-29T16:14:09.198Z',1,'act','n2','engine','exit-bad','Running','Failed','failed');
INSERT INTO "event" VALUES(13,'2026-11-29T16:14:09.264Z',1,'act','n2','root (uid 0, pid 31708)','skip','Failed','Skipped','not needed: ü ''x''');
INSERT INTO "event" VALUES(14,'2026-11-29T16:14:09.311Z',1,'act','n1','root (uid 0, pid 31726)','begin','Failed','Running','retry');
INSERT INTO "event" VALUES(15,'2026-11-29T16:14:09.329Z',1,'act','n1','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(16,'2026-11-29T16:14:09.329Z',1,'again','n1','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(17,'2026-11-29T16:14:09.329Z',1,'again','n2','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(18,'2026-11-29T16:14:09.364Z',1,'again','n2','engine','no','Running','Running','the check says: not done');
INSERT INTO "event" VALUES(19,'2026-11-29T16:14:09.364Z',1,'again','n1','engine','no','Running','Running','the check says: not done');
INSERT INTO "event" VALUES(20,'2026-11-29T16:14:09.389Z',1,'again','n2','engine','exit-bad','Running','Failed','failed');
INSERT INTO "event" VALUES(21,'2026-11-29T16:14:09.394Z',1,'again','n1','engine','exit-bad','Running','Failed','failed');
INSERT INTO "event" VALUES(22,'2026-11-29T16:14:09.465Z',1,'again','n1','root (uid 0, pid 31814)','begin-act','Failed','Running','x');
INSERT INTO "event" VALUES(23,'2026-11-29T16:14:09.486Z',1,'again','n1','engine','exit-bad','Running','Failed','failed');
INSERT INTO "event" VALUES(24,'2026-11-29T16:14:09.666Z',1,'again','n1','root (uid 0, pid 31929)','begin','Failed','Running','retry');
INSERT INTO "event" VALUES(25,'2026-11-29T16:14:09.666Z',1,'again','n2','root (uid 0, pid 31929)','begin','Failed','Running','retry');
INSERT INTO "event" VALUES(26,'2026-11-29T16:14:09.692Z',1,'again','n1','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(27,'2026-11-29T16:14:09.701Z',1,'again','n2','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(28,'2026-11-29T16:14:09.701Z',1,'ask','-','engine','begin-gate','Pending','Waiting','its turn: an operator is needed');
INSERT INTO "event" VALUES(29,'2026-11-29T16:14:09.869Z',1,NULL,NULL,'root (uid 0, pid 32068)','pause','Waiting','Paused','paused by an operator');
INSERT INTO "event" VALUES(30,'2026-11-29T16:14:09.909Z',1,NULL,NULL,'root (uid 0, pid 32081)','cancel','Paused','Canceled','enough');
INSERT INTO "event" VALUES(31,'2026-11-29T16:14:09.909Z',1,'ask','-','engine','cancel','Waiting','Canceled','the job was canceled');
INSERT INTO "event" VALUES(32,'2026-11-29T16:14:09.909Z',1,NULL,NULL,'engine','ended',NULL,'Canceled',NULL);
INSERT INTO "event" VALUES(33,'2026-11-29T16:14:10.078Z',2,NULL,NULL,'root (uid 0, pid 32096)','submit',NULL,'Ready',NULL);
INSERT INTO "event" VALUES(34,'2026-11-29T16:14:10.078Z',2,NULL,NULL,'root (uid 0, pid 32096)','start','Ready','In Progress',NULL);
INSERT INTO "event" VALUES(35,'2026-11-29T16:14:10.078Z',2,'look','n1','engine','begin-act','Pending','Running','its turn');
INSERT INTO "event" VALUES(36,'2026-11-29T16:14:10.078Z',2,'look','n2','engine','begin-act','Pending','Running','its turn');
INSERT INTO "event" VALUES(37,'2026-11-29T16:14:10.121Z',2,'look','n1','engine','ok','Running','Successful','exited 0');
INSERT INTO "event" VALUES(38,'2026-11-29T16:14:10.128Z',2,'look','n2','engine','ok','Running','Successful','exited 0');
INSERT INTO "event" VALUES(39,'2026-11-29T16:14:10.128Z',2,'act','n1','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(40,'2026-11-29T16:14:10.128Z',2,'act','n2','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(41,'2026-11-29T16:14:10.145Z',2,'act','n1','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(42,'2026-11-29T16:14:10.149Z',2,'act','n2','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(43,'2026-11-29T16:14:10.150Z',2,'again','n1','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(44,'2026-11-29T16:14:10.150Z',2,'again','n2','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(45,'2026-11-29T16:14:10.175Z',2,'again','n2','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(46,'2026-11-29T16:14:10.179Z',2,'again','n1','engine','yes','Running','Successful','the check says: done already');
INSERT INTO "event" VALUES(47,'2026-11-29T16:14:10.179Z',2,'ask','-','engine','begin-gate','Pending','Waiting','its turn: an operator is needed');
INSERT INTO "event" VALUES(48,'2026-11-29T16:14:10.267Z',2,NULL,NULL,'root (uid 0, pid 32369)','pause','Waiting','Paused','paused by an operator');
CREATE TABLE fact (
  job   INTEGER NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  time  TEXT NOT NULL,
  PRIMARY KEY (job, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "fact" VALUES(0,'instance','5f6d7d5c','2026-11-29T16:14:08.945Z');
INSERT INTO "fact" VALUES(1,'color','grün','2026-11-29T16:14:09.147Z');
INSERT INTO "fact" VALUES(2,'color','grün','2026-11-29T16:14:10.127Z');
CREATE TABLE job (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  type       TEXT NOT NULL,        -- upgrade, rollback, check
  mode       TEXT NOT NULL,        -- daemon/engine/core/core.h: core_mode
  state      TEXT NOT NULL,        -- as shown, for lists of ended jobs
  why        TEXT,                 -- why it rests, one line
  plan       TEXT NOT NULL REFERENCES plan(sha256),
  deployment TEXT NOT NULL,        -- the file as submitted
  object     TEXT NOT NULL,
  operator   TEXT NOT NULL,
  parent     INTEGER REFERENCES job(id),
  pause_on_reboot INTEGER NOT NULL,
  boot       TEXT NOT NULL,        -- boot id of the control host when the job last ran
  created    TEXT NOT NULL,
  started    TEXT,
  completed  TEXT
) STRICT;
INSERT INTO "job" VALUES(1,'upgrade','canceled','Canceled','enough','2e4af417f688bdb1b952ba18ba73f45886cbaad502d2e0861bdf280426175f12','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: /lab/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: /lab/node1/docker}}
      - {node: n2, local: true, container: {command: /lab/node2/docker}}
','tests: 4.0.2 -> 4.0.9, 2 nodes','root',NULL,1,'6b1f4c1e-0000-4000-8000-000000000001','2026-11-29T16:14:09.109Z','2026-11-29T16:14:09.110Z','2026-11-29T16:14:09.909Z');
INSERT INTO "job" VALUES(2,'upgrade','paused','Paused','paused by an operator','2e4af417f688bdb1b952ba18ba73f45886cbaad502d2e0861bdf280426175f12','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: /lab/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: /lab/node1/docker}}
      - {node: n2, local: true, container: {command: /lab/node2/docker}}
','tests: 4.0.2 -> 4.0.9, 2 nodes','root',NULL,1,'6b1f4c1e-0000-4000-8000-000000000001','2026-11-29T16:14:10.078Z','2026-11-29T16:14:10.078Z',NULL);
CREATE TABLE plan (
  sha256  TEXT PRIMARY KEY,
  text    TEXT NOT NULL            -- canonical JSON, daemon/plan/plan.h
) STRICT;
INSERT INTO "plan" VALUES('2e4af417f688bdb1b952ba18ba73f45886cbaad502d2e0861bdf280426175f12','{"type":"Upgrade","procedure":"ee-4.0.9","deployment":"tests","edition":"enterprise","source":"4.0.2","target":"4.0.9","ha":"sql","object":"tests: 4.0.2 -> 4.0.9, 2 nodes","hosts":[{"name":"control"},{"name":"n1"},{"name":"n2"}],"metadb":{"host":"127.0.0.1","user":"oms_meta","port":1,"rm":"rm","cm":"cm","hb":["cm_hb"],"config_host":1,"config_file":"/lab/node1/config.yaml"},"servers":[{"node":"n1","region":"one","ip":"127.0.0.1","hb":"cm_hb","host":1},{"node":"n2","region":"one","ip":"127.0.0.2","hb":"cm_hb","host":2}],"steps":[{"id":"look","title":"Looks","subtasks":[{"name":"n1","host":1,"kind":"probe","act":{"script":"set -eu\necho \"omsup: fact color grün\"\n"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node1/config.yaml:/home/admin/conf/config.yaml\n/lab/node1/logs:/home/admin/logs\n/lab/node1/store:/home/ds/store\n/lab/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node1/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node1/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=/lab/node1/run","SOURCE=4.0.2","STORE_DIR=/lab/node1/store","TARGET=4.0.9"],"timeout_s":600},{"name":"n2","host":2,"kind":"probe","act":{"script":"set -eu\necho \"omsup: fact color grün\"\n"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node2/config.yaml:/home/admin/conf/config.yaml\n/lab/node2/logs:/home/admin/logs\n/lab/node2/store:/home/ds/store\n/lab/node2/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node2/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node2/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node2/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n2","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=2222222222222222222222222222222222222222222222222222222222222222","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.2","REGION=one","RM_DB=rm","RUN_DIR=/lab/node2/run","SOURCE=4.0.2","STORE_DIR=/lab/node2/store","TARGET=4.0.9"],"timeout_s":600}]},{"id":"act","title":"Acts","subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\necho \"it''s acting on $NODE\"\n[ -e /flags/go ]\n"},"check":{"script":"set -eu\n[ -e /flags/go ]"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node1/config.yaml:/home/admin/conf/config.yaml\n/lab/node1/logs:/home/admin/logs\n/lab/node1/store:/home/ds/store\n/lab/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node1/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node1/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=/lab/node1/run","SOURCE=4.0.2","STORE_DIR=/lab/node1/store","TARGET=4.0.9"],"timeout_s":600},{"name":"n2","host":2,"kind":"run","act":{"script":"set -eu\necho \"it''s acting on $NODE\"\n[ -e /flags/go ]\n"},"check":{"script":"set -eu\n[ -e /flags/go ]"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node2/config.yaml:/home/admin/conf/config.yaml\n/lab/node2/logs:/home/admin/logs\n/lab/node2/store:/home/ds/store\n/lab/node2/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node2/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node2/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node2/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n2","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=2222222222222222222222222222222222222222222222222222222222222222","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.2","REGION=one","RM_DB=rm","RUN_DIR=/lab/node2/run","SOURCE=4.0.2","STORE_DIR=/lab/node2/store","TARGET=4.0.9"],"timeout_s":600}]},{"id":"again","title":"Acts again","subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\necho again\n[ -e /flags/go2 ]\n"},"check":{"script":"set -eu\n[ -e /flags/go2 ]"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node1/config.yaml:/home/admin/conf/config.yaml\n/lab/node1/logs:/home/admin/logs\n/lab/node1/store:/home/ds/store\n/lab/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node1/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node1/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=/lab/node1/run","SOURCE=4.0.2","STORE_DIR=/lab/node1/store","TARGET=4.0.9"],"timeout_s":600},{"name":"n2","host":2,"kind":"run","act":{"script":"set -eu\necho again\n[ -e /flags/go2 ]\n"},"check":{"script":"set -eu\n[ -e /flags/go2 ]"},"env":["BACKUP_DIR=/lab/backup","BINDS=/lab/node2/config.yaml:/home/admin/conf/config.yaml\n/lab/node2/logs:/home/admin/logs\n/lab/node2/store:/home/ds/store\n/lab/node2/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1\n127.0.0.2","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=/lab/node2/config.yaml","DEFAULT_REGION=true","DOCKER=/lab/node2/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=/lab/node2/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n2","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=2222222222222222222222222222222222222222222222222222222222222222","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.2","REGION=one","RM_DB=rm","RUN_DIR=/lab/node2/run","SOURCE=4.0.2","STORE_DIR=/lab/node2/store","TARGET=4.0.9"],"timeout_s":600}]},{"id":"ask","title":"Asks","subtasks":[{"name":"-","kind":"gate","env":["BACKUP_DIR=/lab/backup","CM_DB=cm","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1\nn2 one 127.0.0.2","RM_DB=rm","SOURCE=4.0.2","TARGET=4.0.9"],"notice":"Confirm it"}]}]}');
CREATE TABLE subtask (
  job      INTEGER NOT NULL REFERENCES job(id),
  seq      INTEGER NOT NULL,       -- position in the plan, over all steps
  step     TEXT NOT NULL,
  name     TEXT NOT NULL,
  phase    TEXT NOT NULL,          -- daemon/engine/core/phases.def
  attempt  INTEGER NOT NULL,
  lost     INTEGER NOT NULL,
  open_run INTEGER NOT NULL,
  skip_forced INTEGER NOT NULL,
  started  TEXT,
  ended    TEXT,
  message  TEXT,
  PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "subtask" VALUES(1,0,'look','n1','successful',1,0,0,0,'2026-11-29T16:14:09.110Z','2026-11-29T16:14:09.145Z',NULL);
INSERT INTO "subtask" VALUES(1,1,'look','n2','successful',1,0,0,0,'2026-11-29T16:14:09.110Z','2026-11-29T16:14:09.147Z',NULL);
INSERT INTO "subtask" VALUES(1,2,'act','n1','successful',1,0,0,0,'2026-11-29T16:14:09.311Z','2026-11-29T16:14:09.329Z','exit 1: it''s acting on n1');
INSERT INTO "subtask" VALUES(1,3,'act','n2','skipped',1,0,0,1,'2026-11-29T16:14:09.147Z','2026-11-29T16:14:09.264Z','skipped: not needed: ü ''x''');
INSERT INTO "subtask" VALUES(1,4,'again','n1','successful',2,0,0,0,'2026-11-29T16:14:09.666Z','2026-11-29T16:14:09.691Z','exit 1: again');
INSERT INTO "subtask" VALUES(1,5,'again','n2','successful',1,0,0,0,'2026-11-29T16:14:09.666Z','2026-11-29T16:14:09.701Z','exit 1: again');
INSERT INTO "subtask" VALUES(1,6,'ask','-','canceled',0,0,0,0,'2026-11-29T16:14:09.701Z','2026-11-29T16:14:09.909Z',NULL);
INSERT INTO "subtask" VALUES(2,0,'look','n1','successful',1,0,0,0,'2026-11-29T16:14:10.078Z','2026-11-29T16:14:10.121Z',NULL);
INSERT INTO "subtask" VALUES(2,1,'look','n2','successful',1,0,0,0,'2026-11-29T16:14:10.078Z','2026-11-29T16:14:10.127Z',NULL);
INSERT INTO "subtask" VALUES(2,2,'act','n1','successful',0,0,0,0,'2026-11-29T16:14:10.128Z','2026-11-29T16:14:10.145Z',NULL);
INSERT INTO "subtask" VALUES(2,3,'act','n2','successful',0,0,0,0,'2026-11-29T16:14:10.128Z','2026-11-29T16:14:10.149Z',NULL);
INSERT INTO "subtask" VALUES(2,4,'again','n1','successful',0,0,0,0,'2026-11-29T16:14:10.149Z','2026-11-29T16:14:10.179Z',NULL);
INSERT INTO "subtask" VALUES(2,5,'again','n2','successful',0,0,0,0,'2026-11-29T16:14:10.150Z','2026-11-29T16:14:10.174Z',NULL);
INSERT INTO "subtask" VALUES(2,6,'ask','-','gate',0,0,0,0,'2026-11-29T16:14:10.179Z',NULL,NULL);
CREATE INDEX event_job ON event(job, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',2);
INSERT INTO "sqlite_sequence" VALUES('event',48);
COMMIT;
PRAGMA user_version=1;
