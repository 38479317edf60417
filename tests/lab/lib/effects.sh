# shellcheck shell=bash
# What was done, as counted by the lab itself, never by the program under test.

# Lines "time TAB host TAB what", in order of time.
effects_log() {
	local h
	for h in control "${NODES[@]}"; do
		sed "s/\t/\t$h\t/" "$(host_dir "$h")/lab/effects"
	done
	sql_effects
}

# Statements of clients on the control host that change something. Their text is cut: a restore
# inserts whole tables.
sql_effects() {
	# All of it is read, for connections made and times told before the last reset.
	# A record is "[time] TAB thread command TAB text", and the text may run over several lines.
	LC_ALL=C awk -v from="${ADDR[control]}" -v seen="$(cat "$D/statements-seen" 2>/dev/null || echo 0)" '
		function end_record() { if (text != "") printf "%s\tcontrol\tsql %s\n", stamp, substr(text, 1, 200); text = "" }
		{ at += length($0) + 1 }
		/^[0-9][0-9][0-9][0-9][0-9][0-9] +[0-9]+:[0-9][0-9]:[0-9][0-9]\t/ || /^\t\t *[0-9]+ [A-Z]/ {
			end_record()
			split($0, field, "\t")
			if (field[1] != "") {
				time = "20" field[1]
				gsub(/[ :]+/, " ", time)
				stamp = mktime(substr(time, 1, 4) " " substr(time, 5, 2) " " substr(time, 7))
			}
			head = field[1] == "" ? field[3] : field[2]
			rest = substr($0, index($0, head) + length(head) + 1)
			split(head, word, " ")
			if (word[2] == "Connect") mine[word[1]] = index(rest, "@" from " ") > 0
			sub(/^[ (]*\/\*[^*]*\*\/ */, "", rest) # a comment in front says who asks
			if ((word[2] == "Query" || word[2] == "Execute") && mine[word[1]] && at > seen &&
				toupper(rest) ~ /^[ (]*(INSERT|UPDATE|DELETE|REPLACE|ALTER|RENAME|CREATE|DROP|TRUNCATE)/)
				text = rest
			next
		}
		text != "" { sub(/^[ \t]+/, ""); text = text " " $0 }
		END { end_record() }
	' "$(host_dir metadb)/var/lib/mysql/statements" 2>/dev/null || true
}

reset_effects() {
	local h
	for h in "${ALL_HOSTS[@]}"; do : >"$(host_dir "$h")/lab/effects"; done
	stat -c %s "$(host_dir metadb)/var/lib/mysql/statements" >"$D/statements-seen"
}

# Names what was done so that it can be counted: the options are not part of what it was.
summary() {
	awk -F'\t' '
		{
			what = $3
			n = split(what, w, " ")
			if (what ~ /\[[a-z ]*by the lab\]$/) tail = " " substr(what, match(what, /\[[a-z ]*by the lab\]$/)); else tail = ""
			if (what ~ /^(docker|podman) run /) {
				name = ""
				for (i = 3; i <= n; i++) { if (w[i] == "--name") name = w[i + 1]; if (w[i] ~ /^--name=/) name = substr(w[i], 8) }
				what = w[1] " run " name tail
			} else if (w[1] ~ /dump$/ || w[1] == "mysql" || w[1] == "mariadb") {
				db = ""
				text = what ~ / (-e|--execute)/ ? " -e" : ""
				for (i = 2; i <= n; i++) {
					if (w[i] == "-D" || w[i] == "--database") db = w[i + 1]
					else if (w[i] ~ /^-D./) db = substr(w[i], 3)
					else if (w[i] ~ /^--database=/) db = substr(w[i], 12)
					else if (w[i] !~ /^-/ && w[i - 1] !~ /^-[uhPSe]$/ && w[i] ~ /^[A-Za-z0-9_]+$/ && db == "" && text == "") db = w[i]
				}
				what = w[1] text (db == "" ? "" : " " db) tail
			} else if (w[1] == "docker" || w[1] == "podman") {
				what = w[1]
				for (i = 2; i <= n; i++) {
					if (w[i] ~ /^(-t|--time|--signal|-s)$/) { i++; continue }
					if (w[i] !~ /^-/) what = what " " w[i]
				}
			}
			count[$2 " " what]++
		}
		END { for (k in count) print count[k], k }
	' | sort -k2
}

verb_effects() {
	need_up
	read_shape "$D/shape"
	case ${1-} in
	reset) reset_effects ;;
	--log) effects_log | sort -s -n | grep -E -- "${2-}" || true ;;
	*) effects_log | summary | grep -E -- "${1-}" || true ;;
	esac
}
