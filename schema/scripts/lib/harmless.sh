#!/bin/sh
# Output of others, such as programs in a container. None of its lines passes for a line of the script.

# harmless: its input, line by line as it comes (sed keeps back what is not much), with a space before what would be one
harmless() {
  while IFS= read -r harmless_line || [ -n "$harmless_line" ]; do
    case $harmless_line in 'omsup: '*) harmless_line=" $harmless_line" ;; esac
    printf '%s\n' "$harmless_line"
  done
}

# harmlessly COMMAND...: runs it, in a shell of its own, and makes what it says harmless; its exit status
harmlessly() {
  exec 4>&1
  harmless_status=$({ {
    harmless_rc=0
    "$@" 2>&1 4>&- 9>&- || harmless_rc=$?
    echo "$harmless_rc" >&9
  } | harmless >&4; } 9>&1)
  exec 4>&-
  return "${harmless_status:-1}"
}
