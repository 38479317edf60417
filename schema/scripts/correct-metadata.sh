#!/bin/sh
# Executes the upgrade package (.jar) in the new container. The page gives a relative path to it; it is in /root.
# The outcome is recorded in the container, so that it is known even when the docker client is lost.
# uses: follow, recorded-end, harmless
# shellcheck disable=SC2016

# Never start a run without being able to see what an earlier one left.
require_ended correct "$OMSUP_FORCE" ", then use 'done', or 'retry --force'"
name=correct.$NODE.$OMSUP_ATTEMPT
dir=$(marks_dir)
harmlessly begin "$dir" "$name"
harmlessly "$DOCKER" exec -d "$NEW_CONTAINER" sh -c '
  cd -- "$1" || exit
  echo "$$ $(cut -d " " -f 22 /proc/$$/stat)" >"$2.pid"
  cd /root || exit
  /opt/alibaba/java/bin/java -jar correction-1.0-SNAPSHOT-jar-with-dependencies.jar \
    -mupgrade -y/home/admin/conf/config.yaml "-l$3" >"$1/$2.log" 2>&1 </dev/null
  status=$?
  cd -- "$1" || exit
  printf "status %s\nend\n" "$status" >"$2.status.tmp"
  sync
  mv -- "$2.status.tmp" "$2.status"
  sync
' omsup "$dir" "$name" "$LAST_REGION" || {
  # The command may or may not have been started.
  echo "docker did not report whether the command started"
  exit 199
}
echo "java -jar correction-1.0-SNAPSHOT-jar-with-dependencies.jar -mupgrade -y/home/admin/conf/config.yaml -l$LAST_REGION"
if ! harmlessly follow "$dir" "$name"; then
  echo "it was interrupted: its end was not recorded"
  exit 199 # outcome unknown
fi
status=$(mark "$name.status") || exit 199
log=$(log_end "$name")
verdict=0
package_verdict "$status" || verdict=$?
tell_end 'the package' "$status" "$log" "$verdict"
[ "$verdict" -ne 2 ] || verdict=199 # outcome unknown
exit "$verdict"
