#!/bin/sh
# The restart policy of a container. With any but "no", a restart of the Docker service or of the node can start a container that
# was stopped.

# restart_policy CONTAINER: as docker run takes it: no, always, unless-stopped, on-failure or on-failure:N
restart_policy() {
  policy=$("$DOCKER" inspect --type container -f '{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}' "$1") || return
  case $policy in
    '' | :* | no:* | no) echo no ;;
    on-failure:0) echo on-failure ;;
    on-failure:*) echo "$policy" ;;
    *) echo "${policy%%:*}" ;;
  esac
}

# take_off_restart CONTAINER POLICY: so that nothing but a person or omsupd starts it again
take_off_restart() {
  [ "$2" = no ] || "$DOCKER" update --restart=no "$1"
}
