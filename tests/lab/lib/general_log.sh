# shellcheck shell=bash
# Statements as a server's general log has them: when they begin. MariaDB's and MySQL's.

statements_file() { echo "$(host_dir metadb)/var/lib/mysql/statements"; }

gather_statements() { :; } # the server writes the file

# Lines "time TAB statement" of clients on the control host.
read_statements() { # BYTES: of what was there before
	# All of it is read, for connections made and times told before.
	# A record is "[time] TAB thread command TAB text", and the text may run over several lines. MariaDB writes a time when it has
	# changed, as 251130 6:19:36; MySQL writes it always, as 2025-11-30T06:19:36.123456+00:00.
	LC_ALL=C awk -v from="${ADDR[control]}" -v seen="$1" '
		function end_record() { if (text != "") printf "%s\t%s\n", stamp, text; text = "" }
		{ at += length($0) + 1 }
		/^[0-9][0-9][0-9][0-9][0-9][0-9] +[0-9]+:[0-9][0-9]:[0-9][0-9]\t/ || /^\t\t *[0-9]+ [A-Z]/ ||
			/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:.]+[Z+-][0-9:]*\t *[0-9]+ [A-Z]/ {
			end_record()
			split($0, field, "\t")
			if (field[1] != "") {
				time = field[1] ~ /^....-/ ? substr(field[1], 1, 19) : "20" substr(field[1], 1, 2) " " substr(field[1], 3, 2) " " substr(field[1], 5)
				gsub(/[-:T ]+/, " ", time)
				stamp = mktime(time)
			}
			head = field[1] == "" ? field[3] : field[2]
			rest = substr($0, index($0, head) + length(head) + 1)
			split(head, word, " ")
			if (word[2] == "Connect") mine[word[1]] = index(rest, "@" from " ") > 0
			if ((word[2] == "Query" || word[2] == "Execute") && mine[word[1]] && at > seen) text = rest
			next
		}
		text != "" { sub(/^[ \t]+/, ""); text = text " " $0 }
		END { end_record() }
	' "$(statements_file)"
}
