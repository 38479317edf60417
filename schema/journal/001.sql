-- The journal of omsupd. Every state is here before the step acts. Times are UTC text, YYYY-MM-DDThh:mm:ss.sssZ.
-- No secret is ever stored. user_version = the number of the last migration. Only what SQLite 3.26 knows: in journals of
-- before 005 these tables are STRICT, which needs 3.37, and 005 makes them what is written here.
CREATE TABLE plan (
  sha256  TEXT NOT NULL PRIMARY KEY,
  text    TEXT NOT NULL            -- canonical JSON, daemon/plan/plan.h
);

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
  message  TEXT,
  PRIMARY KEY (job, seq)
) WITHOUT ROWID;

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
);
CREATE INDEX event_job ON event(job, id);

CREATE TABLE fact (
  job   INTEGER NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  time  TEXT NOT NULL,
  PRIMARY KEY (job, name)
) WITHOUT ROWID;
