-- The tables of journals of before are STRICT, which SQLite knows from 3.37 on. The word concerns only what may be written:
-- rows and indexes are stored the same way. So it is taken out of the text of the schema, and the journal can be opened by
-- any SQLite from 3.26 on. RESET reads the schema anew; the table that comes and goes tells it to whoever else has it open.
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(replace(sql, ') STRICT, WITHOUT ROWID', ') WITHOUT ROWID'), ') STRICT', ')')
 WHERE type = 'table';
UPDATE sqlite_master SET sql = replace(sql, 'TEXT PRIMARY KEY', 'TEXT NOT NULL PRIMARY KEY') -- as STRICT has it
 WHERE type = 'table' AND name = 'plan';
PRAGMA writable_schema = RESET;
CREATE TABLE loose (x);
DROP TABLE loose;
