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
	gather_statements
	read_statements "$(cat "$D/statements-seen" 2>/dev/null || echo 0)" | LC_ALL=C awk -F'\t' '
		{
			text = substr($0, length($1) + 2)
			sub(/^[ (]*\/\*[^*]*\*\/ */, "", text) # a comment in front says who asks
			sub(/^ +/, "", text)
			if (toupper(text) ~ /^[ (]*(INSERT|UPDATE|DELETE|REPLACE|ALTER|RENAME|CREATE|DROP|TRUNCATE)/)
				printf "%s\tcontrol\tsql %s\n", $1, substr(text, 1, 200)
		}'
}

reset_effects() {
	local h
	for h in "${ALL_HOSTS[@]}"; do : >"$(host_dir "$h")/lab/effects"; done
	gather_statements
	stat -c %s "$(statements_file)" >"$D/statements-seen"
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
	read_instance
	case ${1-} in
	reset) reset_effects ;;
	--log) effects_log | sort -s -n | grep -E -- "${2-}" || true ;;
	*) effects_log | summary | grep -E -- "${1-}" || true ;;
	esac
}
