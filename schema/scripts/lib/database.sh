#!/bin/sh
# The database that a step is for.

# plain_name: whether the name of the database can be part of a statement as it is
plain_name() { case $DB in '' | *[!A-Za-z0-9_-]*) return 1 ;; esac; }

# database_defaults: its default charset and collation
database_defaults() {
  metadb mysql -N -B -D "$DB" -e "SELECT default_character_set_name, default_collation_name
    FROM information_schema.schemata WHERE schema_name = DATABASE()" </dev/null
}
