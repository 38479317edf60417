-- The journal of a build of 349d87f, by tests/e2e/lib/record_journal.py.
-- effect: stop-old 1
-- effect: start-new 1
-- effect: back 1-aa0cb5b8
-- effect: stop-old 3
PRAGMA foreign_keys=OFF;
PRAGMA user_version=10;
BEGIN TRANSACTION;
CREATE TABLE approval (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  job    INTEGER NOT NULL,
  what   TEXT NOT NULL,     -- a step; "skip STEP", "done STEP", "rollback", "--force", which are for one use
  plan   TEXT NOT NULL,     -- hash of the job's plan then
  person INTEGER NOT NULL,  -- login uid, or uid where there is none
  actor  TEXT NOT NULL,
  time   TEXT NOT NULL
);
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
);
INSERT INTO "attempt" VALUES(1,0,1,'omsup-1-aa0cb5b8-0-1','n1','@BOOT@',0,'2026-11-30T12:48:27.593Z','2026-11-30T12:48:27.600Z','exited',0,X'');
INSERT INTO "attempt" VALUES(1,2,1,'omsup-1-aa0cb5b8-2-1','n1','@BOOT@',0,'2026-11-30T12:48:27.799Z','2026-11-30T12:48:27.810Z','exited',0,X'');
INSERT INTO "attempt" VALUES(2,0,1,'omsup-2-aa0cb5b8-0-1','control','@BOOT@',0,'2026-11-30T12:48:28.085Z','2026-11-30T12:48:28.095Z','exited',0,X'');
INSERT INTO "attempt" VALUES(3,0,1,'omsup-3-aa0cb5b8-0-1','n1','@BOOT@',0,'2026-11-30T12:48:28.272Z','2026-11-30T12:48:28.279Z','exited',0,X'');
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
, host TEXT);
INSERT INTO "event" VALUES(1,'2026-11-30T12:48:27.421Z',1,NULL,NULL,'root (uid 0, pid 27921)','submit',NULL,'Ready',NULL,NULL);
INSERT INTO "event" VALUES(2,'2026-11-30T12:48:27.421Z',1,NULL,NULL,'root (uid 0, pid 27921)','start','Ready','In Progress',NULL,NULL);
INSERT INTO "event" VALUES(3,'2026-11-30T12:48:27.421Z',1,'stop-old','n1','engine','begin','Pending','Running','its turn',NULL);
INSERT INTO "event" VALUES(4,'2026-11-30T12:48:27.593Z',1,'stop-old','n1','engine','no','Running','Running','the check says it is not done',NULL);
INSERT INTO "event" VALUES(5,'2026-11-30T12:48:27.600Z',1,'stop-old','n1','engine','exit-0','Running','Running','exited 0',NULL);
INSERT INTO "event" VALUES(6,'2026-11-30T12:48:27.608Z',1,'stop-old','n1','engine','yes','Running','Successful','exited 0, and the check confirms it',NULL);
INSERT INTO "event" VALUES(7,'2026-11-30T12:48:27.608Z',1,'before-start','-','engine','begin-gate','Pending','Waiting','its turn; an operator is needed',NULL);
INSERT INTO "event" VALUES(8,'2026-11-30T12:48:27.789Z',1,'before-start','-','root (uid 0, pid 27921)','confirm','Waiting','Successful','confirmed by an operator',NULL);
INSERT INTO "event" VALUES(9,'2026-11-30T12:48:27.789Z',1,'start-new','n1','engine','begin','Pending','Running','its turn',NULL);
INSERT INTO "event" VALUES(10,'2026-11-30T12:48:27.799Z',1,'start-new','n1','engine','no','Running','Running','the check says it is not done',NULL);
INSERT INTO "event" VALUES(11,'2026-11-30T12:48:27.810Z',1,'start-new','n1','engine','exit-0','Running','Running','exited 0',NULL);
INSERT INTO "event" VALUES(12,'2026-11-30T12:48:27.819Z',1,'start-new','n1','engine','yes','Running','Successful','exited 0, and the check confirms it',NULL);
INSERT INTO "event" VALUES(13,'2026-11-30T12:48:27.819Z',1,NULL,NULL,'engine','ended',NULL,'Successful',NULL,NULL);
INSERT INTO "event" VALUES(14,'2026-11-30T12:48:28.039Z',2,NULL,NULL,'root (uid 0, pid 27921)','submit',NULL,'Ready','it is recorded',NULL);
INSERT INTO "event" VALUES(15,'2026-11-30T12:48:28.039Z',2,NULL,NULL,'root (uid 0, pid 27921)','start','Ready','In Progress',NULL,NULL);
INSERT INTO "event" VALUES(16,'2026-11-30T12:48:28.039Z',2,'back','-','engine','begin','Pending','Running','its turn',NULL);
INSERT INTO "event" VALUES(17,'2026-11-30T12:48:28.085Z',2,'back','-','engine','no','Running','Running','the check says it is not done',NULL);
INSERT INTO "event" VALUES(18,'2026-11-30T12:48:28.095Z',2,'back','-','engine','exit-0','Running','Running','exited 0',NULL);
INSERT INTO "event" VALUES(19,'2026-11-30T12:48:28.103Z',2,'back','-','engine','yes','Running','Successful','exited 0, and the check confirms it',NULL);
INSERT INTO "event" VALUES(20,'2026-11-30T12:48:28.103Z',2,NULL,NULL,'engine','ended',NULL,'Successful',NULL,NULL);
INSERT INTO "event" VALUES(21,'2026-11-30T12:48:28.239Z',3,NULL,NULL,'root (uid 0, pid 27921)','submit',NULL,'Ready',NULL,NULL);
INSERT INTO "event" VALUES(22,'2026-11-30T12:48:28.239Z',3,NULL,NULL,'root (uid 0, pid 27921)','start','Ready','In Progress',NULL,NULL);
INSERT INTO "event" VALUES(23,'2026-11-30T12:48:28.240Z',3,'stop-old','n1','engine','begin','Pending','Running','its turn',NULL);
INSERT INTO "event" VALUES(24,'2026-11-30T12:48:28.272Z',3,'stop-old','n1','engine','no','Running','Running','the check says it is not done',NULL);
INSERT INTO "event" VALUES(25,'2026-11-30T12:48:28.279Z',3,'stop-old','n1','engine','exit-0','Running','Running','exited 0',NULL);
INSERT INTO "event" VALUES(26,'2026-11-30T12:48:28.290Z',3,'stop-old','n1','engine','yes','Running','Successful','exited 0, and the check confirms it',NULL);
INSERT INTO "event" VALUES(27,'2026-11-30T12:48:28.290Z',3,'before-start','-','engine','begin-gate','Pending','Waiting','its turn; an operator is needed',NULL);
INSERT INTO "event" VALUES(28,'2026-11-30T12:48:28.391Z',3,NULL,NULL,'root (uid 0, pid 27921)','pause','Waiting','Paused','paused by an operator',NULL);
INSERT INTO "event" VALUES(29,'2026-11-30T12:48:28.391Z',3,'before-start','-','root (uid 0, pid 27921)','confirm','Waiting','Successful','confirmed by an operator',NULL);
INSERT INTO "event" VALUES(30,'2026-11-30T12:48:28.421Z',4,NULL,NULL,'root (uid 0, pid 27921)','submit',NULL,'Ready',NULL,NULL);
CREATE TABLE fact (
  job   INTEGER NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  time  TEXT NOT NULL,
  PRIMARY KEY (job, name)
) WITHOUT ROWID;
INSERT INTO "fact" VALUES(0,'clock','@BOOT@ 1795967996785 0','2026-11-30T12:48:27.357Z');
INSERT INTO "fact" VALUES(0,'instance','aa0cb5b8','2026-11-30T12:48:27.359Z');
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
, series INTEGER, hop INTEGER, stops TEXT, start_at INTEGER, start_missed INTEGER NOT NULL DEFAULT 0, window TEXT, expect INTEGER, confirmed TEXT, asked TEXT);
INSERT INTO "job" VALUES(1,'upgrade','successful','Successful',NULL,'d4daace8fda047b3f26bf6e0a572d853091dfcaa438beaa035a35ab628850ccc','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: @DIR@/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: @DIR@/node1/docker}}
','tests: 4.0.2 -> 4.0.9, 1 node','root',NULL,1,'@BOOT@','2026-11-30T12:48:27.421Z','2026-11-30T12:48:27.421Z','2026-11-30T12:48:27.819Z',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,'0 root
');
INSERT INTO "job" VALUES(2,'rollback','successful','Successful',NULL,'16107549a8819cb9249a7e34305a71f6664cd185dde4cc6f5bdce37494ced41b','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: @DIR@/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: @DIR@/node1/docker}}
','tests: 4.0.9 -> 4.0.2, 1 node','root',1,1,'@BOOT@','2026-11-30T12:48:28.039Z','2026-11-30T12:48:28.039Z','2026-11-30T12:48:28.103Z',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,'0 root
');
INSERT INTO "job" VALUES(3,'upgrade','paused','Paused','paused by an operator','d4daace8fda047b3f26bf6e0a572d853091dfcaa438beaa035a35ab628850ccc','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: @DIR@/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: @DIR@/node1/docker}}
','tests: 4.0.2 -> 4.0.9, 1 node','root',NULL,1,'@BOOT@','2026-11-30T12:48:28.239Z','2026-11-30T12:48:28.240Z',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,'0 root
');
INSERT INTO "job" VALUES(4,'upgrade','ready','Ready',NULL,'d4daace8fda047b3f26bf6e0a572d853091dfcaa438beaa035a35ab628850ccc','deployment: tests
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: @DIR@/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
      - {node: n1, local: true, container: {command: @DIR@/node1/docker}}
','tests: 4.0.2 -> 4.0.9, 1 node','root',NULL,1,'@BOOT@','2026-11-30T12:48:28.421Z',NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,'0 root
');
CREATE TABLE notice (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  target TEXT NOT NULL,     -- the name in omsupd.yaml
  event  INTEGER NOT NULL,  -- event(id)
  kind   TEXT NOT NULL,     -- daemon/tell/kinds.def
  job    INTEGER NOT NULL,  -- of the event
  step   TEXT,              -- of the event
  time   TEXT NOT NULL      -- of the event
);
CREATE TABLE plan (
  sha256  TEXT NOT NULL PRIMARY KEY,
  text    TEXT NOT NULL            -- canonical JSON, daemon/plan/plan.h
);
INSERT INTO "plan" VALUES('d4daace8fda047b3f26bf6e0a572d853091dfcaa438beaa035a35ab628850ccc','');
INSERT INTO "plan" VALUES('16107549a8819cb9249a7e34305a71f6664cd185dde4cc6f5bdce37494ced41b','');
CREATE TABLE plan_part (
  plan TEXT NOT NULL REFERENCES plan(sha256),
  n    INTEGER NOT NULL,           -- from 0
  text TEXT NOT NULL,
  PRIMARY KEY (plan, n)
);
INSERT INTO "plan_part" VALUES('d4daace8fda047b3f26bf6e0a572d853091dfcaa438beaa035a35ab628850ccc',0,'{"type":"Upgrade","revision":3,"procedure":"ee-4.0.9","deployment":"tests","edition":"enterprise","source":"4.0.2","target":"4.0.9","ha":"sql","object":"tests: 4.0.2 -> 4.0.9, 1 node","site_files":["@DIR@/procedures/ee-4.0.9.yaml"],"hosts":[{"name":"control"},{"name":"n1"}],"metadb":{"host":"127.0.0.1","user":"oms_meta","port":1,"rm":"rm","cm":"cm","hb":["cm_hb"],"config_host":1,"config_file":"@DIR@/node1/config.yaml"},"servers":[{"node":"n1","region":"one","ip":"127.0.0.1","hb":"cm_hb","host":1}],"steps":[{"id":"stop-old","title":"Step stop-old","subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\necho \"stop-old ${OMSUP_JOB%%-*}\" >>@DIR@/effects\n"},"check":{"script":"set -eu\ngrep -qx \"stop-old ${OMSUP_JOB%%-*}\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","BINDS=@DIR@/node1/config.yaml:/home/admin/conf/config.yaml\n@DIR@/node1/logs:/home/admin/logs\n@DIR@/node1/store:/home/ds/store\n@DIR@/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=@DIR@/node1/config.yaml","CONFIG_STATE=d579f63a21103f7fa0c422a27c93d6d556844e5263cab1729459ebe02fe81ca8 282 1796042907","COPY_TO=","CORRECTION_PACKAGE=","DEFAULT_REGION=true","DOCKER=@DIR@/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_DIR=/var/lib/omsup/image","IMAGE_ON=control","IMAGE_SHA256=","INIT_WAIT=300","LAST_REGION=true","LOGS_DIR=@DIR@/node1/logs","METADB_ADDRESSES=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=@DIR@/node1/run","RUN_OPTIONS=","SLIM=swap","SOURCE=4.0.2","STORE_DIR=@DIR@/node1/store","TARGET=4.0.9"],"timeout_s":600}]},{"id":"before-start","title":"Before the start","subtasks":[{"name":"-","kind":"gate","env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","COPY_TO=","CORRECTION_PACKAGE=","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_DIR=/var/lib/omsup/image","IMAGE_ON=control","IMAGE_SHA256=","INIT_WAIT=300","METADB_ADDRESSES=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SLIM=swap","SOURCE=4.0.2","TARGET=4.0.9"],"notice":"all well?"}]},{"id":"start-new","title":"Step start-new","irreversible":true,"subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\necho \"start-new ${OMSUP_JOB%%-*}\" >>@DIR@/effects\n"},"check":{"script":"set -eu\ngrep -qx \"start-new ${OMSUP_JOB%%-*}\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","BINDS=@DIR@/node1/config.yaml:/home/admin/conf/config.yaml\n@DIR@/node1/logs:/home/admin/logs\n@DIR@/node1/store:/home/ds/store\n@DIR@/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=@DIR@/node1/config.yaml","CONFIG_STATE=d579f63a21103f7fa0c422a27c93d6d556844e5263cab1729459ebe02fe81ca8 282 1796042907","COPY_TO=","CORRECTION_PACKAGE=","DEFAULT_REGION=true","DOCKER=@DIR@/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_DIR=/var/lib/omsup/image","IMAGE_ON=control","IMAGE_SHA256=","INIT_WAIT=300","LAST_REGION=true","LOGS_DIR=@DIR@/node1/logs","METADB_ADDRESSES=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=@DIR@/node1/run","RUN_OPTIONS=","SLIM=swap","SOURCE=4.0.2","STORE_DIR=@DIR@/node1/store","TARGET=4.0.9"],"timeout_s":600}]}]}');
INSERT INTO "plan_part" VALUES('16107549a8819cb9249a7e34305a71f6664cd185dde4cc6f5bdce37494ced41b',0,'{"type":"Rollback","revision":3,"procedure":"ee-4.0.9","deployment":"tests","edition":"enterprise","source":"4.0.2","target":"4.0.9","ha":"sql","object":"tests: 4.0.9 -> 4.0.2, 1 node","site_files":["@DIR@/procedures/ee-4.0.9.yaml"],"hosts":[{"name":"control"},{"name":"n1"}],"metadb":{"host":"127.0.0.1","user":"oms_meta","port":1,"rm":"rm","cm":"cm","hb":["cm_hb"],"config_host":1,"config_file":"@DIR@/node1/config.yaml"},"servers":[{"node":"n1","region":"one","ip":"127.0.0.1","hb":"cm_hb","host":1}],"steps":[{"id":"back","title":"Back","subtasks":[{"name":"-","kind":"run","act":{"script":"set -eu\necho \"back $OMSUP_PARENT\" >>@DIR@/effects\n"},"check":{"script":"set -eu\ngrep -q \"^back ${OMSUP_PARENT%%-*}-\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","COPY_TO=","CORRECTION_PACKAGE=","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_DIR=/var/lib/omsup/image","IMAGE_ON=control","IMAGE_SHA256=","INIT_WAIT=300","METADB_ADDRESSES=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SLIM=swap","SOURCE=4.0.2","T1=","TARGET=4.0.9"],"timeout_s":600}]}]}');
CREATE TABLE series (
  id        INTEGER PRIMARY KEY REFERENCES job(id),  -- its first job
  path      TEXT NOT NULL,       -- versions, the first one's source first: "4.1.1 > 4.2.0 > 4.2.13"
  hops      INTEGER NOT NULL,
  continues INTEGER NOT NULL,    -- the job of the next hop is started by omsupd
  problem   TEXT                 -- why the job of the next hop could not be created; an operator retries
);
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
  message  TEXT, began  TEXT, rests  TEXT, rested INTEGER NOT NULL DEFAULT 0, waited INTEGER NOT NULL DEFAULT 0, late   INTEGER NOT NULL DEFAULT 0, approved INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job, seq)
) WITHOUT ROWID;
INSERT INTO "subtask" VALUES(1,0,'stop-old','n1','successful',1,0,0,0,'2026-11-30T12:48:27.421Z','2026-11-30T12:48:27.608Z','grep: @DIR@/effects: No such file or directory','2026-11-30T12:48:27.421Z',NULL,0,167,0,0);
INSERT INTO "subtask" VALUES(1,1,'before-start','-','successful',0,0,0,0,'2026-11-30T12:48:27.608Z','2026-11-30T12:48:27.789Z',NULL,'2026-11-30T12:48:27.608Z',NULL,181,0,0,0);
INSERT INTO "subtask" VALUES(1,2,'start-new','n1','successful',1,0,0,0,'2026-11-30T12:48:27.789Z','2026-11-30T12:48:27.819Z',NULL,'2026-11-30T12:48:27.789Z',NULL,0,0,0,0);
INSERT INTO "subtask" VALUES(2,0,'back','-','successful',1,0,0,0,'2026-11-30T12:48:28.039Z','2026-11-30T12:48:28.103Z',NULL,'2026-11-30T12:48:28.039Z',NULL,0,34,0,0);
INSERT INTO "subtask" VALUES(3,0,'stop-old','n1','successful',1,0,0,0,'2026-11-30T12:48:28.240Z','2026-11-30T12:48:28.290Z',NULL,'2026-11-30T12:48:28.240Z',NULL,0,24,0,0);
INSERT INTO "subtask" VALUES(3,1,'before-start','-','successful',0,0,0,0,'2026-11-30T12:48:28.290Z','2026-11-30T12:48:28.391Z',NULL,'2026-11-30T12:48:28.290Z',NULL,101,0,0,0);
INSERT INTO "subtask" VALUES(3,2,'start-new','n1','pending',0,0,0,0,NULL,NULL,NULL,NULL,NULL,0,0,0,0);
INSERT INTO "subtask" VALUES(4,0,'stop-old','n1','pending',0,0,0,0,NULL,NULL,NULL,NULL,NULL,0,0,0,0);
INSERT INTO "subtask" VALUES(4,1,'before-start','-','pending',0,0,0,0,NULL,NULL,NULL,NULL,NULL,0,0,0,0);
INSERT INTO "subtask" VALUES(4,2,'start-new','n1','pending',0,0,0,0,NULL,NULL,NULL,NULL,NULL,0,0,0,0);
CREATE INDEX event_job ON event(job, id);
CREATE UNIQUE INDEX job_hop ON job(series, hop);
CREATE INDEX approval_job ON approval(job, what);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',4);
INSERT INTO "sqlite_sequence" VALUES('event',30);
COMMIT;
