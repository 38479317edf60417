#!/bin/sh
# Where SELinux is enforcing: whether it confines what omsupd runs on the node, or the new container. The documented container is
# privileged, so it is not confined, whatever the labels of its mounts are; container.run_options can change that.

enforcing=$(getenforce 2>/dev/null) || enforcing=
if [ -z "$enforcing" ]; then
  enforcing=Disabled
  if [ -r /sys/fs/selinux/enforce ]; then
    if [ "$(cat /sys/fs/selinux/enforce)" = 1 ]; then enforcing=Enforcing; else enforcing=Permissive; fi
  fi
fi
if [ "$enforcing" != Enforcing ]; then
  echo "omsup: evidence SELinux is not enforcing ($enforcing)"
  exit 0
fi
context=$(id -Z 2>/dev/null) || context=
if [ -z "$context" ]; then
  echo "cannot tell: SELinux is enforcing, but id -Z does not show the context of $(id -un)"
  exit 2
fi
# The type of a login that is not confined, and those of services started by systemd or an init script.
case $context in
  *:unconfined_t:* | *:unconfined_service_t:* | *:initrc_t:*) ;;
  *)
    echo "SELinux confines omsupd's commands: $(id -un) has the context $context. Map the account (semanage login -a -s unconfined_u ACCOUNT), or let sudo change the context (TYPE=unconfined_t ROLE=unconfined_r in sudoers), then connect again"
    exit 1
    ;;
esac
state="is privileged"
confined=$(printf '%s\n' "$RUN_OPTIONS" | grep -E '^--security-opt[= ]"?label[=:]' | grep -Ev 'label[=:]disable' | head -n 1) || confined=
if [ -n "$confined" ]; then
  state="can use its mounts"
  wrong=
  while IFS= read -r bind; do
    path=${bind%%:*}
    case $path in /*) ;; *) continue ;; esac
    # :z and :Z have the engine give the mount the right label.
    case ",${bind##*:}," in *,z,* | *,Z,*) continue ;; esac
    label=$(stat -L -c %C -- "$path" 2>/dev/null) || label=unknown
    case $label in
      *:container_file_t:* | *:svirt_sandbox_file_t:* | *:container_share_t:* | *:container_ro_file_t:*) ;;
      *) wrong="$wrong $path ($label)" ;;
    esac
  done <<EOF
$BINDS
EOF
  if [ -n "$wrong" ]; then
    echo "$confined lets SELinux confine the new container, which could not use these mounts:$wrong. Remove the option, or label them: chcon -Rt container_file_t PATH (and semanage fcontext, to keep it)"
    exit 1
  fi
fi
echo "omsup: evidence SELinux is enforcing; omsupd's commands are not confined ($context), and the new container $state"
