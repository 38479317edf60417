#!/bin/bash
# Entry point of the stand-in: configuration from the mounted file, then supervisord.
set -eu
config=/home/admin/conf/config.yaml
[ -f "$config" ] || { echo "docker_cmd.sh: $config is missing: was it mounted?" >&2; exit 1; }
mkdir -p /home/admin/logs/{nginx,ghana/Ghana,cm/log,supervisor} /home/ds/{store,run}
python3 -m omslab.nginx
# Only once: a console that was switched on after the upgrade must come back after a restart.
if [ "${IS_UPGRADE-}" = true ] && [ ! -e /root/.upgrade ]; then
	sed -i 's/autostart = true/autostart = false/' /etc/supervisor/conf.d/oms_console.ini
	: >/root/.upgrade
fi
rm -f /run/supervisor.sock /run/supervisord.pid /run/nginx.pid
quiet=
if python3 -c 'import sys; from omslab import config; sys.exit(not config.initializes_itself(config.version()))'; then
	# Its last line is the container's last line: supervisord writes to its own log only.
	quiet=--silent
	python3 -m omslab.itself &
fi
exec supervisord -n $quiet -c /etc/supervisor/supervisord.conf
