-- The text of a plan in parts, so that a large one is never in memory as a whole. Plans of before have all of it in
-- plan.text, and no parts; those of now have '' there.
CREATE TABLE plan_part (
  plan TEXT NOT NULL REFERENCES plan(sha256),
  n    INTEGER NOT NULL,           -- from 0
  text TEXT NOT NULL,
  PRIMARY KEY (plan, n)
);
