#!/bin/sh
# A dump for a database with another name. What is let through is listed here, and nothing else is: statements that name only tables
# of the database that the client has chosen.

# safe_dump DATABASE: copies a dump of DATABASE without its views, which may name their database, and without comments. Ends with status 3 at
# the first line that is not known to be safe, which it names on fd 2 without what follows its first words. It reads each byte once, and holds
# no more than a line. A foreign key that names DATABASE, as OceanBase writes it, loses that name.
safe_dump() {
  # shellcheck disable=SC2016 # backticks of SQL
  LC_ALL=C awk -v own="$1" '
    function refuse(why) {
      words = $0
      sub(/^[ \t]*/, "", words)
      words = substr(words, 1, 60)
      gsub(/[^A-Za-z_!*\/ 0-9].*/, "", words)
      printf "line %d of the dump %s (it begins with \"%s\")\n", NR, why, words | "cat >&2"
      bad = 1
      exit 3
    }
    # The line without strings, each name in backquotes as I. Where a server may skip what another one reads, no string hides anything: a
    # comment is one for servers from a version on, and no string in it holds its end.
    function bare(line, out, c, n, rest, text) {
      out = ""
      while (match(line, /[`'\''"\\#]|--|\/\*|\*\//)) {
        c = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        rest = substr(line, RSTART + RLENGTH)
        if (c == "\\") return out "\\"
        if (c == "*/") open = 0
        if (c == "/*" && (open || rest !~ /^M?![0-9]+ /)) refuse("has a comment within a statement")
        if (c == "/*") open = 1
        if (c == "#" || c == "--") refuse("has a comment within a statement")
        if (c ~ /^(\/\*|\*\/)$/) { out = out c; line = rest; continue }
        text = rest
        while (1) {
          n = match(rest, c == "`" ? "`" : c == "\"" ? "[\"\\\\]" : "['\''\\\\]")
          if (n == 0) return out "\\"
          if (substr(rest, n, 1) == "\\") { rest = substr(rest, n + 2); continue }
          if (substr(rest, n + 1, 1) == c) { rest = substr(rest, n + 2); continue }
          rest = substr(rest, n + 1)
          break
        }
        if (open && index(substr(text, 1, length(text) - length(rest)), "*/")) refuse("has a string or name that ends a comment")
        out = out (c == "`" ? "I" : "S")
        line = rest
      }
      return out line
    }
    # rows: whether the line holds nothing but values
    function rows(line) {
      gsub(/\\./, "~", line) # outside of a string, it stays
      gsub(/'\''[^'\'']*'\''/, "", line)
      gsub(/NULL|_binary|0x[0-9A-Fa-f]+|[0-9.]+[eE][-+]?[0-9]+/, "", line)
      return line ~ /^[-+0-9., ()]*;?$/
    }
    # In CREATE TABLE: another table is named only without its database, and no other server or file.
    function create(line, up) {
      if (line ~ /\\/) refuse("has a string or name that does not end in its line")
      up = line
      while (gsub(/[ (,=][-+]?[0-9]+\.[0-9]+[ ),;]/, " , ", up)) {}
      if (up ~ /\./) refuse("names a database, or a table of another one")
      up = toupper(line)
      if (up ~ /(ENGINE|TYPE)[ =]+(FEDERATED|FEDERATEDX|CONNECT|SPIDER|MRG_MYISAM|MERGE|S3|OQGRAPH|SPHINX|MROONGA)/ || up ~ /(^|[^A-Z_])((UNION|CONNECTION|DIRECTORY)[ =]+[(SI]|(WRAPPER|SERVER) *=)/)
        refuse("has a table whose rows are elsewhere")
      if (up ~ /(^|[^A-Z_])SELECT([^A-Z_]|$)|\( *LIKE /) refuse("has a table that is made of another one")
      if (line ~ /;./ || (line ~ /;$/ && open)) refuse("has a second statement")
    }
    { sub(/\r$/, "") }
    where == "create" && match($0, /^ *CONSTRAINT `[^`]*` FOREIGN KEY \(`[^`]*`(, *`[^`]*`)*\) REFERENCES /) {
      name = "`" own "`."
      if (own != "" && substr($0, RSTART + RLENGTH, length(name)) == name)
        $0 = substr($0, 1, RSTART + RLENGTH - 1) substr($0, RSTART + RLENGTH + length(name))
    }
    where == "create" {
      line = bare($0)
      create(line)
      print
      if (line ~ /;$/) where = ""
      next
    }
    where == "insert" {
      if (!rows($0)) refuse("has something other than values")
      print
      if ($0 ~ /;$/) where = ""
      next
    }
    /^-- (Temporary (view|table)|Final view) structure for view / { view = 1; views++; next }
    /^-- (Table structure|Dumping data|Sequence structure) for / || /^-- Dump completed/ { view = 0; next }
    # What a dump of OceanBase says of a view begins as that of a table.
    /^\/\*!50001 DROP VIEW IF EXISTS `([^`]|``)+` *\*\/;$/ { view = 1; next }
    view { next }
    /^$/ || /^--$/ || /^-- / { next }
    NR == 1 && /^\/\*M?!999999.- enable the sandbox mode \*\/ *$/ { next }
    /^\/\*M?![0-9]* SET [^`;]*\*\/;$/ {
      if (toupper($0) ~ /GLOBAL|PERSIST|PASSWORD|SQL_LOG|GTID|ROLE/) refuse("sets something of the server")
      if ($0 ~ /\(/) refuse("sets something to what is read or called")
      if (toupper($0) ~ /ANSI|MSSQL|ORACLE|DB2|POSTGRESQL|MAXDB|NO_BACKSLASH|GB[K1]|SJIS|CP932|BIG5/) refuse("changes how statements are read")
      print
      next
    }
    /^SET (@saved_cs_client|character_set_client) *= *[@A-Za-z0-9_]*;$/ { print; next }
    /^(set autocommit=[01]|SET AUTOCOMMIT=[01]|commit|COMMIT|UNLOCK TABLES);$/ { print; next }
    /^DROP (TABLE|SEQUENCE) IF EXISTS `([^`]|``)+`;$/ { print; next }
    /^LOCK TABLES `([^`]|``)+` WRITE;$/ { print; next }
    /^\/\*M?![0-9]* ALTER TABLE `([^`]|``)+` (DISABLE|ENABLE) KEYS \*\/;$/ { print; next }
    /^CREATE SEQUENCE `([^`]|``)+` [-A-Za-z0-9 =]*;$/ || /^(DO|SELECT) SETVAL\(`([^`]|``)+`, *[-0-9]*, *[01](, *[0-9]*)?\);$/ { print; next }
    match($0, /^CREATE TABLE `([^`]|``)+` \(/) {
      line = bare($0)
      create(line)
      print
      if (line !~ /;$/) where = "create"
      next
    }
    match($0, /^INSERT (IGNORE )?(INTO )?`([^`]|``)+` (\(`([^`]|``)+`(, *`([^`]|``)+`)*\) )?VALUES/) {
      if (!rows(substr($0, RSTART + RLENGTH))) refuse("has something other than values")
      print
      if ($0 !~ /;$/) where = "insert"
      next
    }
    { refuse("is not a statement that a rehearsal loads") }
    END {
      if (!bad && where != "") { print "the dump ends within a statement" | "cat >&2"; exit 3 }
    }'
}

# safe_content: of what safe_dump prints, what tables are and hold: what a second dump of the same has as well
safe_content() {
  sed -e '/^\/\*/d' -e '/^SET /d' -e '/^set autocommit/d' -e '/^commit;/d' -e '/^DROP /d' -e '/LOCK TABLES/d' \
    -e '/^) /s/ AUTO_INCREMENT *= *[0-9]*//' | sha256sum
}
