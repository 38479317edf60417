#!/bin/sh
# What this job has recorded of containers and images: the facts old.* and image.* (in a rollback those of the upgrade).

# fact_of NAME: the value of a fact; nothing if there is none
fact_of() { printf '%s\n' "$OMSUP_FACTS" | awk -v name="$1" '$1 == name { sub(/^[^ ]* /, ""); print }'; }
