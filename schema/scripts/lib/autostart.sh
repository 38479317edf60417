#!/bin/sh
# Whether supervisord starts the console with the container, in all spellings of supervisord's configuration.
# shellcheck disable=SC2034

# For grep -i and sed: the setting that it does not
AUTOSTART_OFF='^([[:space:]]*autostart[[:space:]]*[=:][[:space:]]*)(false|no|off|0)([[:space:]]*|[[:space:]]+;.*)$'
