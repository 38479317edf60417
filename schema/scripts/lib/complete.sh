#!/bin/sh
# Whether a dump holds everything.

# dump_lacks FILE: prints what the server has in the database and the dump has not, one a line: tables and views by the
# comments of mysqldump; rows of tables by counting them in both. In a large dump only a table without any row is noticed,
# because counting would take too long in the outage. The lock table is never dumped.
dump_lacks() {
  lacks_all=$(metadb mysql -N -B -e "SHOW FULL TABLES FROM \`$DB\`" </dev/null) || return
  lacks_all=$(printf '%s\n' "$lacks_all" | sed "/^omsup_lock$(printf '\t')/d; s/$(printf '\t')VIEW\$/$(printf '\t')view/; s/$(printf '\t')SEQUENCE\$/$(printf '\t')sequence/; s/$(printf '\t')[A-Z ]*\$/$(printf '\t')table/")
  lacks_counted=0
  [ "$(stat -c %s -- "$1")" -gt 67108864 ] || lacks_counted=1
  # shellcheck disable=SC2016 # backticks of SQL
  lacks_held=$(LC_ALL=C awk -v count="$lacks_counted" '
    { line = $0 }
    /^-- / {
      kind = ""
      if ($0 ~ /^-- Table structure for /) kind = "table"
      if ($0 ~ /^-- Sequence structure for /) kind = "sequence"
      if ($0 ~ /^-- Final view structure for view `/) kind = "view"
      if (kind != "" && match($0, /`.*`/)) {
        name = substr($0, RSTART + 1, RLENGTH - 2)
        gsub(/``/, "`", name)
        print kind "\t" name
      }
      next
    }
    /^INSERT INTO `[^`]*`/ {
      name = substr($0, 14)
      sub(/`.*/, "", name)
      rows[name] += 0
      inside = count
      if (count && !sub(/^INSERT INTO `[^`]*` (\([^()]*\) )?VALUES */, "", line)) odd[name] = 1
    }
    inside {
      gsub(/\\./, "", line)
      gsub(/'\''[^'\'']*'\''/, "", line)
      rows[name] += gsub(/\(/, "", line)
      if ($0 ~ /\);$/) inside = 0
    }
    END { for (name in rows) print "rows\t" name "\t" (name in odd ? "odd" : rows[name]) }' "$1") || return
  printf '%s\n' "$lacks_all" | while IFS='	' read -r lacks_name lacks_kind; do
    [ -n "$lacks_name" ] || continue
    if ! printf '%s\n' "$lacks_held" | grep -Fxq -- "$lacks_kind	$lacks_name"; then echo "$lacks_kind $lacks_name"; fi
  done
  # Names that are more than words are not looked into.
  lacks_plain=$(printf '%s\n' "$lacks_all" | sed -n "s/^\([A-Za-z0-9_\$-]*\)$(printf '\t')table\$/\1/p")
  [ -n "$lacks_plain" ] || return 0
  # shellcheck disable=SC2016 # backticks of SQL
  if [ "$lacks_counted" = 1 ]; then lacks_sql='SELECT "&", COUNT(*) FROM `&`;'; else lacks_sql='SELECT "&", COUNT(*) FROM (SELECT 1 FROM `&` LIMIT 1) AS one;'; fi
  lacks_rows=$(printf '%s\n' "$lacks_plain" | sed "s/.*/$lacks_sql/" | metadb mysql -N -B -D "$DB") || return
  printf '%s\n' "$lacks_rows" | while IFS='	' read -r lacks_name lacks_n; do
    lacks_dumped=$(printf '%s\n' "$lacks_held" | sed -n "s/^rows	$lacks_name	//p")
    # an INSERT of a form that is not known says that there are rows, not how many
    if [ "$lacks_dumped" = odd ] && [ "$lacks_n" -gt 0 ]; then continue; fi
    if [ "$lacks_counted" = 0 ] && [ -n "$lacks_dumped" ]; then continue; fi
    if [ "${lacks_dumped:-0}" != "$lacks_n" ]; then
      if [ "$lacks_counted" = 1 ]; then echo "rows of $lacks_name (${lacks_dumped:-0} of $lacks_n)"; else echo "the rows of $lacks_name"; fi
    fi
  done
}
