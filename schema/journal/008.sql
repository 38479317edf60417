-- What is still to be told: a row for each target of `notify:` that has not taken a notice yet. It is written with the
-- event, and removed when the target has taken it or it is given up.
CREATE TABLE notice (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  target TEXT NOT NULL,     -- the name in omsupd.yaml
  event  INTEGER NOT NULL,  -- event(id)
  kind   TEXT NOT NULL,     -- daemon/tell/kinds.def
  job    INTEGER NOT NULL,  -- of the event
  step   TEXT,              -- of the event
  time   TEXT NOT NULL      -- of the event
);

ALTER TABLE event ADD COLUMN host TEXT;  -- whose connection it is about: node-lost, node-back
