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
exec supervisord -n -c /etc/supervisor/supervisord.conf
