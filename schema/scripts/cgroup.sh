#!/bin/sh
# Tells the version of cgroup. OMS works with both, but not every version of it shows a server's status correctly
# with v2.

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  echo "omsup: evidence cgroup v2: OMS V4.2.4 and earlier may show a wrong server status; compare it with supervisorctl status"
else
  echo "omsup: evidence cgroup v1"
fi
