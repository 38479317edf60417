-- A start at a time.
ALTER TABLE job ADD COLUMN start_at INTEGER;                          -- seconds of the wall clock, UTC
ALTER TABLE job ADD COLUMN start_missed INTEGER NOT NULL DEFAULT 0;   -- nobody watched then; an operator decides
