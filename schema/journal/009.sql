-- A window outside of which no step that cannot be taken back begins.
ALTER TABLE job ADD COLUMN window TEXT;      -- "02:00-05:00", "02:00-05:00+08:00"
ALTER TABLE job ADD COLUMN expect INTEGER;   -- seconds, by an operator, from the first such step to the end
ALTER TABLE job ADD COLUMN confirmed TEXT;   -- ids of the steps that begin without it, a space between
