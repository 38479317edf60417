-- Two persons: what a second operator has agreed to, and for which attempt of a subtask.
CREATE TABLE approval (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  job    INTEGER NOT NULL,
  what   TEXT NOT NULL,     -- a step; "skip STEP", "done STEP", "rollback", "--force", which are for one use
  plan   TEXT NOT NULL,     -- hash of the job's plan then
  person INTEGER NOT NULL,  -- login uid, or uid where there is none
  actor  TEXT NOT NULL,
  time   TEXT NOT NULL
);
CREATE INDEX approval_job ON approval(job, what);

ALTER TABLE subtask ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;  -- daemon/engine/core/core.h
ALTER TABLE job ADD COLUMN asked TEXT;  -- who submitted and started it: a line "PERSON NAME" each
