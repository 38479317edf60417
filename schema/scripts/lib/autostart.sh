#!/bin/sh
# Whether supervisord starts the console with the container, in all spellings of supervisord's configuration.

# autostart_off: what grep -Ei and sed -E look for: the line that says that it does not; \2 is the value
autostart_off() {
  printf '%s\n' '^([[:space:]]*autostart[[:space:]]*[=:][[:space:]]*)(false|no|off|0)([[:space:]]*|[[:space:]]+;.*)$'
}
