#!/bin/sh
# Commands on a node, for scripts that run on the control host.

# quote WORD: the word as a shell reads it
quote() { printf '%s\n' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"; }

# on_node SCRIPT [ARG...]: runs it with sh on the node, here or over ssh. A connection that is dead is given up after two minutes.
on_node() {
  there_script=$1
  shift
  if [ -z "$NODE_SSH" ]; then
    ${NODE_SUDO:+sudo -n} sh -c "$there_script" omsup "$@"
  else
    # The login shell may be fish or tcsh, which read quotes, backslashes and line ends in their own way: it gets letters and digits.
    # Without base64 on the node this is an error, and not an empty script that has worked.
    there_words=set\ --
    for there_word in "$@"; do there_words="$there_words $(quote "$there_word")"; done
    there_text=$(printf '%s\n%s\n' "$there_words" "$there_script" | base64 | tr -d '\n')
    # shellcheck disable=SC2086 # a list of options, which say all that the operator's ssh_config must not change
    ssh -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=8 $OMSUP_SSH \
      ${NODE_PORT:+-p "$NODE_PORT"} -- "$NODE_SSH" "exec ${NODE_SUDO:+sudo -n }sh -c 'omsup=\$(echo $there_text | base64 -d) && eval \"\$omsup\"' omsup"
  fi
}
