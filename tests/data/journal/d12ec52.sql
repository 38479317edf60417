-- A journal as a build of commit d12ec52 wrote it (tests/e2e/outdated.py tells of which procedure): job 1 is Paused before
-- "backup", job 2 is Ready. Its scripts obey ~/.my.cnf. The directory and the boot id are placeholders;
-- schema/journal/001.sql makes the tables.
PRAGMA user_version=1;
BEGIN TRANSACTION;
INSERT INTO "attempt" VALUES(1,0,1,'omsup-1-25e2d90c-0-1','n1','@BOOT@',0,'2026-11-29T17:00:16.255Z','2026-11-29T17:00:16.277Z','exited',0,X'');
INSERT INTO "event" VALUES(1,'2026-11-29T17:00:16.210Z',1,NULL,NULL,'root (uid 0, pid 15635)','submit',NULL,'Ready',NULL);
INSERT INTO "event" VALUES(2,'2026-11-29T17:00:16.210Z',1,NULL,NULL,'root (uid 0, pid 15635)','start','Ready','In Progress',NULL);
INSERT INTO "event" VALUES(3,'2026-11-29T17:00:16.210Z',1,'stop-old','n1','engine','begin','Pending','Running','its turn');
INSERT INTO "event" VALUES(4,'2026-11-29T17:00:16.255Z',1,'stop-old','n1','engine','no','Running','Running','the check says: not done');
INSERT INTO "event" VALUES(5,'2026-11-29T17:00:16.277Z',1,'stop-old','n1','engine','exit-0','Running','Running','exited 0');
INSERT INTO "event" VALUES(6,'2026-11-29T17:00:16.348Z',1,'stop-old','n1','engine','yes','Running','Successful','exited 0, and the check agrees');
INSERT INTO "event" VALUES(7,'2026-11-29T17:00:16.348Z',1,'before-backup','-','engine','begin-gate','Pending','Waiting','its turn: an operator is needed');
INSERT INTO "event" VALUES(8,'2026-11-29T17:00:16.438Z',1,NULL,NULL,'root (uid 0, pid 15635)','pause','Waiting','Paused','paused by an operator');
INSERT INTO "event" VALUES(9,'2026-11-29T17:00:16.478Z',1,'before-backup','-','root (uid 0, pid 15635)','confirm','Waiting','Successful','an operator confirmed it');
INSERT INTO "event" VALUES(10,'2026-11-29T17:00:16.627Z',2,NULL,NULL,'root (uid 0, pid 15635)','submit',NULL,'Ready',NULL);
INSERT INTO "fact" VALUES(0,'instance','25e2d90c','2026-11-29T17:00:16.030Z');
INSERT INTO "job" VALUES(1,'upgrade','paused','Paused','paused by an operator','950b73426ce49aaeb487e46ddaa36449d5cb17dcc0f18543da2f995f3a93cc51','deployment: tests
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
','tests: 4.0.2 -> 4.0.9, 1 node','root',NULL,1,'@BOOT@','2026-11-29T17:00:16.210Z','2026-11-29T17:00:16.210Z',NULL);
INSERT INTO "job" VALUES(2,'upgrade','ready','Ready',NULL,'950b73426ce49aaeb487e46ddaa36449d5cb17dcc0f18543da2f995f3a93cc51','deployment: tests
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
','tests: 4.0.2 -> 4.0.9, 1 node','root',NULL,1,'@BOOT@','2026-11-29T17:00:16.627Z',NULL,NULL);
INSERT INTO "plan" VALUES('950b73426ce49aaeb487e46ddaa36449d5cb17dcc0f18543da2f995f3a93cc51','{"type":"Upgrade","procedure":"ee-4.0.9","deployment":"tests","edition":"enterprise","source":"4.0.2","target":"4.0.9","ha":"sql","object":"tests: 4.0.2 -> 4.0.9, 1 node","hosts":[{"name":"control"},{"name":"n1"}],"metadb":{"host":"127.0.0.1","user":"oms_meta","port":1,"rm":"rm","cm":"cm","hb":["cm_hb"],"config_host":1,"config_file":"@DIR@/node1/config.yaml"},"servers":[{"node":"n1","region":"one","ip":"127.0.0.1","hb":"cm_hb","host":1}],"steps":[{"id":"stop-old","title":"Step stop-old","subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\n:\necho \"stop-old $NODE $OMSUP_ATTEMPT\" >>@DIR@/effects\n"},"check":{"script":"set -eu\ngrep -q \"^stop-old $NODE \" @DIR@/effects 2>/dev/null || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","BINDS=@DIR@/node1/config.yaml:/home/admin/conf/config.yaml\n@DIR@/node1/logs:/home/admin/logs\n@DIR@/node1/store:/home/ds/store\n@DIR@/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=@DIR@/node1/config.yaml","DEFAULT_REGION=true","DOCKER=@DIR@/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=@DIR@/node1/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=@DIR@/node1/run","SOURCE=4.0.2","STORE_DIR=@DIR@/node1/store","TARGET=4.0.9"],"timeout_s":600}]},{"id":"before-backup","title":"Before the backup","subtasks":[{"name":"-","kind":"gate","env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SOURCE=4.0.2","TARGET=4.0.9"],"notice":"all well?"}]},{"id":"backup","title":"Back up","subtasks":[{"name":"rm","kind":"run","act":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\nmetadb mysqldump \"$DB\"\necho \"backup $DB\" >>@DIR@/effects\n"},"check":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\ngrep -qx \"backup $DB\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","DB=rm","DB_ROLE=rm","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SOURCE=4.0.2","TARGET=4.0.9"],"metadb":true,"timeout_s":600},{"name":"cm","kind":"run","act":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\nmetadb mysqldump \"$DB\"\necho \"backup $DB\" >>@DIR@/effects\n"},"check":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\ngrep -qx \"backup $DB\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","DB=cm","DB_ROLE=cm","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SOURCE=4.0.2","TARGET=4.0.9"],"metadb":true,"timeout_s":600},{"name":"cm_hb","kind":"run","act":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\nmetadb mysqldump \"$DB\"\necho \"backup $DB\" >>@DIR@/effects\n"},"check":{"script":"set -eu\nomsup_login=$(cat <&3)\nexec 3<&-\nmetadb() {\n  omsup_program=$1\n  shift\n  { printf ''%s\\n'' \"$omsup_login\" |\n    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n}\ngrep -qx \"backup $DB\" @DIR@/effects || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","CM_DB=cm","DB=cm_hb","DB_ROLE=cm_hb","EDITION=enterprise","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NODES=n1 one 127.0.0.1","RM_DB=rm","SOURCE=4.0.2","TARGET=4.0.9"],"metadb":true,"timeout_s":600}]},{"id":"start-new","title":"Step start-new","irreversible":true,"subtasks":[{"name":"n1","host":1,"kind":"run","act":{"script":"set -eu\n:\necho \"start-new $NODE $OMSUP_ATTEMPT\" >>@DIR@/effects\n"},"check":{"script":"set -eu\ngrep -q \"^start-new $NODE \" @DIR@/effects 2>/dev/null || exit 1\n"},"env":["BACKUP_DIR=@DIR@/backup","BINDS=@DIR@/node1/config.yaml:/home/admin/conf/config.yaml\n@DIR@/node1/logs:/home/admin/logs\n@DIR@/node1/store:/home/ds/store\n@DIR@/node1/run:/home/ds/run","CM_DB=cm","CM_LOCATION=1","CM_NODES=127.0.0.1","CM_URL=http://127.0.0.1:8088","CONFIG_FILE=@DIR@/node1/config.yaml","DEFAULT_REGION=true","DOCKER=@DIR@/node1/docker","EDITION=enterprise","HB_DB=cm_hb","HB_DBS=cm_hb","IMAGE=example/oms:feature_4.0.9","IMAGE_ARCHIVE=/none.tar","IMAGE_ON=control","IMAGE_SHA256=","LAST_REGION=true","LOGS_DIR=@DIR@/node1/logs","METADB_HOST=127.0.0.1","METADB_PORT=1","METADB_USER=oms_meta","NEW_CONTAINER=oms_new","NODE=n1","NODES=n1 one 127.0.0.1","NODE_PORT=","NODE_SSH=","NODE_SUDO=","OLD_CONTAINER=oms_old","OLD_ID=1111111111111111111111111111111111111111111111111111111111111111","OLD_IMAGE=example/oms:feature_4.0.2","OMS_HOST_IP=127.0.0.1","REGION=one","RM_DB=rm","RUN_DIR=@DIR@/node1/run","SOURCE=4.0.2","STORE_DIR=@DIR@/node1/store","TARGET=4.0.9"],"timeout_s":600}]}]}');
INSERT INTO "subtask" VALUES(1,0,'stop-old','n1','successful',1,0,0,0,'2026-11-29T17:00:16.210Z','2026-11-29T17:00:16.348Z',NULL);
INSERT INTO "subtask" VALUES(1,1,'before-backup','-','successful',0,0,0,0,'2026-11-29T17:00:16.348Z','2026-11-29T17:00:16.478Z',NULL);
INSERT INTO "subtask" VALUES(1,2,'backup','rm','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(1,3,'backup','cm','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(1,4,'backup','cm_hb','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(1,5,'start-new','n1','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,0,'stop-old','n1','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,1,'before-backup','-','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,2,'backup','rm','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,3,'backup','cm','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,4,'backup','cm_hb','pending',0,0,0,0,NULL,NULL,NULL);
INSERT INTO "subtask" VALUES(2,5,'start-new','n1','pending',0,0,0,0,NULL,NULL,NULL);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('job',2);
INSERT INTO "sqlite_sequence" VALUES('event',10);
COMMIT;
