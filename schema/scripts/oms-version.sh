#!/bin/sh
# Records which version OMS's metadata name before the upgrade, to be compared afterwards. Not every version has the table.

tables=$(metadb mysql -N -B -D "$RM_DB" -e "SELECT COUNT(*) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name = 'oms_version'" </dev/null) || exit 2
row=
if [ "$tables" -gt 0 ]; then
  row=$(metadb mysql -N -B -D "$RM_DB" -e 'SELECT version, gmt_modified FROM oms_version ORDER BY gmt_modified DESC, version DESC LIMIT 1' </dev/null) || exit 2
  row=$(printf '%s' "$row" | tr '\t' ' ')
fi
echo "omsup: fact old.oms_version ${row:-none}"
echo "omsup: evidence oms_version: ${row:-none}"
