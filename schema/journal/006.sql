-- The steps before which a job is to be paused: their ids, a space between; "+" in front: by resume --one-step.
ALTER TABLE job ADD COLUMN stops TEXT;
