#compdef omsupctl
# zsh completion for omsupctl; `omsupctl help --completion zsh` prints it. omsupctl itself says what may follow.
_omsupctl() {
	local line program=${${(Q)words[1]}/#\~/$HOME} tab=$'\t'
	local -a items shown
	for line in ${(f)"$($program complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)"}; do
		if [[ $line == :files ]]; then
			_files
		else
			items+=("${line%%$tab*}")
			shown+=("${line/$tab/  -- }")
		fi
	done
	(( ! $#items )) || compadd -l -V omsupctl -d shown -a items
}
if [[ $funcstack[1] == _omsupctl ]]; then
	_omsupctl "$@"
else
	compdef _omsupctl omsupctl
fi
