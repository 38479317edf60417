#!/bin/sh
# Whether what a step starts would be ended with the connection: systemd-logind does that to the processes of a session with
# KillUserProcesses=yes, unless the user is excluded (root is, by default). It is a matter of the user who has logged in, whatever
# sudo has made of him. Lingering changes nothing, because a session's processes stay in its scope.

case $(cat /proc/self/cgroup) in
  */session-*.scope*) ;;
  *) echo "omsup: evidence commands do not run in a session of systemd-logind"; exit 0 ;;
esac
uid=$(sed -n 's|.*/user-\([0-9]*\)\.slice/.*|\1|p' /proc/self/cgroup | head -n 1)
user=$(id -un -- "${uid:-0}" 2>/dev/null) || user=$uid
settings=$(loginctl show-session -p KillUserProcesses -p KillOnlyUsers -p KillExcludeUsers 2>/dev/null) || settings=
if [ -z "$settings" ]; then
  # Of several settings the last one counts; drop-ins come after the file, in the order of their names.
  settings=$(cat /etc/systemd/logind.conf /etc/systemd/logind.conf.d/*.conf 2>/dev/null | sed -n 's/^[[:space:]]*\(Kill[A-Za-z]*=\)/\1/p') || :
  [ -r /etc/systemd/logind.conf ] || { echo "cannot tell: loginctl does not answer, and /etc/systemd/logind.conf cannot be read"; exit 2; }
fi
setting() { printf '%s\n' "$settings" | sed -n "s/^$1=//p" | tail -n 1; }
case $(setting KillUserProcesses) in
  yes | true | on | 1) ;;
  *) echo "omsup: evidence KillUserProcesses is off"; exit 0 ;;
esac
only=$(setting KillOnlyUsers)
exclude=$(setting KillExcludeUsers)
printf '%s\n' "$settings" | grep -q '^KillExcludeUsers=' || exclude=root
case " $exclude " in *" $user "*) echo "omsup: evidence KillUserProcesses is on, but not for $user"; exit 0 ;; esac
if [ -n "$only" ]; then
  case " $only " in *" $user "*) ;; *) echo "omsup: evidence KillUserProcesses is on, but not for $user"; exit 0 ;; esac
fi
echo "systemd-logind ends the commands of $user together with the session (KillUserProcesses=yes), so a lost connection would end a step"
exit 1
