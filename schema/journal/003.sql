-- What the parts of an outage are made of: when a subtask first started, and how long it waited and for whom.
ALTER TABLE subtask ADD COLUMN began  TEXT;                       -- the first try; NULL: not yet, or before this column
ALTER TABLE subtask ADD COLUMN rests  TEXT;                       -- since then only an operator can continue it
ALTER TABLE subtask ADD COLUMN rested INTEGER NOT NULL DEFAULT 0; -- ms so far in which only an operator could
ALTER TABLE subtask ADD COLUMN waited INTEGER NOT NULL DEFAULT 0; -- ms so far in which nothing was asked: pauses, hosts, lock
ALTER TABLE subtask ADD COLUMN late   INTEGER NOT NULL DEFAULT 0; -- ms of the last pause of a condition
