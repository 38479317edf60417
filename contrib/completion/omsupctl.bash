# bash completion for omsupctl; `omsupctl help --completion bash` prints it. omsupctl itself says what may follow.
_omsupctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]/#\~/$HOME} words line
	COMPREPLY=()
	# bash parts words at ":", "=" and "@" too; omsupctl wants them whole, and bash only what stands behind the last of these.
	# shellcheck disable=SC2162 # a space behind a backslash does not part words
	read -a words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} != *[!\\][[:space:]] ]] || words+=('')
	[[ $cur != [:=@] ]] || cur=
	cur=${cur//\\/}
	local before=${words[-1]}
	before=${before%"$cur"}
	while IFS= read -r line; do
		if [ "$line" = :files ]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
		else
			line=${line%%$'\t'*}
			printf -v line '%q' "${line#"$before"}"
			COMPREPLY+=("$line")
		fi
	done < <("$program" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -o nosort -F _omsupctl omsupctl
