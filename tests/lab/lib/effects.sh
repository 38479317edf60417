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
	awk -v from="${ADDR[control]}" '
		function flush_() { if (text != "") printf "%s\tcontrol\tsql %s\n", stamp, substr(text, 1, 200); text = "" }
		# a new record starts with a time or two tabs, then the thread and the command
		match($0, /^([0-9]{6} +[0-9:]+)?\t+ *[0-9]+ [A-Z][a-z]+( [A-Z][a-z]+)?\t/) {
			flush_()
			head = substr($0, RSTART, RLENGTH); rest = substr($0, RLENGTH + 1)
			if (head ~ /^[0-9]/) stamp = substr(head, 1, 6) substr(head, 7, 9)
			gsub(/^.*\t+ */, "", head_ = substr(head, 1, length(head) - 1))
			split(head_, w, " ")
			if (w[2] == "Connect") mine[w[1]] = index(rest, "@" from " ") > 0
			if ((w[2] == "Query" || w[2] == "Execute") && mine[w[1]] && toupper(rest) ~ /^[ (]*(INSERT|UPDATE|DELETE|REPLACE|ALTER|RENAME|CREATE|DROP|TRUNCATE|GRANT)/)
				text = rest
			next
		}
		text != "" { text = text " " $0 }
		END { flush_() }
	' "$(host_dir metadb)/run/statements" 2>/dev/null || true
}

reset_effects() {
	local h
	for h in "${ALL_HOSTS[@]}"; do : >"$(host_dir "$h")/lab/effects"; done
	: >"$(host_dir metadb)/run/statements"
}

# Names what was done so that it can be counted: the options are not part of what it was.
summary() {
	awk -F'\t' '
		{
			what = $3
			n = split(what, w, " ")
			if (what ~ /\[[a-z ]*by the lab\]$/) tail = " " substr(what, match(what, /\[[a-z ]*by the lab\]$/)); else tail = ""
			if (w[1] == "docker" && what ~ /^docker run /) {
				name = ""
				for (i = 3; i <= n; i++) { if (w[i] == "--name") name = w[i + 1]; if (w[i] ~ /^--name=/) name = substr(w[i], 8) }
				what = "docker run " name tail
			} else if (w[1] ~ /dump$/ || w[1] == "mysql" || w[1] == "mariadb") {
				db = ""
				for (i = 2; i <= n; i++) {
					if (w[i] == "-D" || w[i] == "--database") db = w[i + 1]
					else if (w[i] ~ /^-D./) db = substr(w[i], 3)
					else if (w[i] ~ /^--database=/) db = substr(w[i], 12)
					else if (w[i] !~ /^-/ && w[i - 1] !~ /^-[uhPSe]$/ && w[i] ~ /^[A-Za-z0-9_]+$/ && db == "") db = w[i]
				}
				what = w[1] " " db tail
			} else if (w[1] == "docker") {
				what = "docker"
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
