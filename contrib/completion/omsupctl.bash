# bash completion for omsupctl. Made by: omsupctl help --completion
_omsupctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd='' words i
	local global='--socket --json --no-color --yes --reason --force --timeout --help'
	local commands='submit check plan status list show logs events watch wait start pause resume retry skip done confirm reject cancel rollback procedures path discover rename-project version help'
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket | --reason | --timeout | --type | --state | --operator | --object | --attempt | --edition | --ssh | --container | --output | -r | -t | -s | -o) ((i++)) ;;
		-*) ;;
		*)
			cmd=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $prev in
	--socket | --output | -o)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--type | -t) words='upgrade rollback check' ;;
	--edition) words='enterprise community' ;;
	*)
		case $cmd in
		'') words="$commands $global" ;;
		submit) words="$global --start --wait" ;;
		check) words="$global --no-wait" ;;
		plan) words="$global --type" ;;
		status) words="$global --verbose --exit-status" ;;
		list) words="$global --type --state --operator --object --all" ;;
		show) words="$global --verbose" ;;
		logs) words="$global --follow --attempt" ;;
		events) words="$global --follow" ;;
		watch) words="$global --verbose" ;;
		wait) words="$global" ;;
		start) words="$global" ;;
		pause) words="$global" ;;
		resume) words="$global" ;;
		retry) words="$global" ;;
		skip) words="$global" ;;
		done) words="$global" ;;
		confirm) words="$global" ;;
		reject) words="$global" ;;
		cancel) words="$global" ;;
		rollback) words="$global --plan" ;;
		procedures) words="$global --verbose" ;;
		path) words="$global --edition" ;;
		discover) words="$global --ssh --sudo --container --output" ;;
		rename-project) words="$global --execute" ;;
		version) words="$global" ;;
		help) words="$global --completion" ;;
		*) return ;;
		esac
		case $cmd:$cur in
		*:-*) ;;
		submit:* | check:* | plan:* | rename-project:*)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		help:*) words=$commands ;;
		:*) words=$commands ;;
		*) return ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _omsupctl omsupctl
