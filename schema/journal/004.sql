-- Chained upgrades: a series is the jobs of the hops of one deployment file.
CREATE TABLE series (
  id        INTEGER PRIMARY KEY REFERENCES job(id),  -- its first job
  path      TEXT NOT NULL,       -- versions, the first one's source first: "4.1.1 > 4.2.0 > 4.2.13"
  hops      INTEGER NOT NULL,
  continues INTEGER NOT NULL,    -- the job of the next hop is started by omsupd
  problem   TEXT                 -- why the job of the next hop could not be created; an operator retries
);

ALTER TABLE job ADD COLUMN series INTEGER;  -- of a hop, and of its rollbacks
ALTER TABLE job ADD COLUMN hop INTEGER;     -- from 1; of a hop only
CREATE UNIQUE INDEX job_hop ON job(series, hop);  -- no hop is made twice; rows without a hop are all different
