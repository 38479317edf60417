#!/bin/sh
# A container that was started with --rm is removed when it is stopped. A rollback needs it. One that a service manages is
# started again, or removed and created anew, when it is stopped: by systemd (podman's units, quadlets), a swarm, Kubernetes.

removed=$("$DOCKER" inspect --type container -f '{{.HostConfig.AutoRemove}}' "$OLD_ID") || exit 2
if [ "$removed" != false ]; then
  echo "$OLD_CONTAINER was started with --rm: it would be removed when it is stopped, and nothing could be rolled back"
  exit 1
fi
# An engine that cannot index the labels has none to index.
manager=
for label in PODMAN_SYSTEMD_UNIT com.docker.swarm.service.name io.kubernetes.pod.name; do
  manager=$("$DOCKER" inspect --type container -f "{{index .Config.Labels \"$label\"}}" "$OLD_ID" 2>/dev/null) || manager=
  case $manager in '' | '<no value>') continue ;; esac
  case $label in
    PODMAN_*) manager="the systemd unit $manager" ;;
    *swarm*) manager="the swarm service $manager" ;;
    *) manager="the Kubernetes pod $manager" ;;
  esac
  echo "$OLD_CONTAINER is managed by $manager, which would start or remove it when it is stopped: run it without that first"
  exit 1
done
echo "omsup: evidence $OLD_CONTAINER is kept when it is stopped"
