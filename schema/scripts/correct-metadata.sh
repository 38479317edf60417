#!/bin/sh
# Executes the upgrade package (.jar) in the new container. The page gives only its name: it is in /root, where the deployment file
# says, or somewhere else in the image. A file that another account than root could have written, such as in a mount, is not run.
# The outcome is recorded in the container, so that it is known even when the docker client is lost.
# uses: follow, recorded-end, harmless
# shellcheck disable=SC2016

# Never start a run without being able to see what an earlier one left.
require_ended correct "$OMSUP_FORCE" ", then use 'done', or 'retry --force'"
found=$("$DOCKER" exec "$NEW_CONTAINER" sh -c '
  name=correction-1.0-SNAPSHOT-jar-with-dependencies.jar
  for file in "$1" "$2/$name"; do
    [ -z "$file" ] || ! [ -f "$file" ] || { printf "%s\n" "$file"; exit 0; }
    [ -z "$1" ] || exit 0
  done
  find "$3" -xdev -name "$name" -type f -user 0 ! -perm -020 ! -perm -002 2>/dev/null
  exit 0
' omsup "$CORRECTION_PACKAGE" /root / </dev/null 2>/dev/null) || {
  echo "cannot search for the upgrade package in $NEW_CONTAINER ($DOCKER exec $NEW_CONTAINER ls /root shows why)"
  exit 1
}
if [ -z "$found" ]; then
  echo "$NEW_CONTAINER has no ${CORRECTION_PACKAGE:-correction-1.0-SNAPSHOT-jar-with-dependencies.jar}: get the upgrade package for this version and copy it there ($DOCKER cp PACKAGE $NEW_CONTAINER:${CORRECTION_PACKAGE:-/root/correction-1.0-SNAPSHOT-jar-with-dependencies.jar}), then retry"
  exit 1
fi
if [ "$(printf '%s\n' "$found" | wc -l)" -ne 1 ]; then
  echo "$NEW_CONTAINER has several upgrade packages ($(printf '%s\n' "$found" | paste -s -d ' ' -)): copy the right one to /root ($DOCKER exec $NEW_CONTAINER cp FILE /root/), then retry"
  exit 1
fi
name=correct.$NODE.$OMSUP_ATTEMPT
dir=$(marks_dir)
harmlessly begin "$dir" "$name"
harmlessly "$DOCKER" exec -d "$NEW_CONTAINER" sh -c '
  cd -- "$1" || exit
  echo "$$ $(cut -d " " -f 22 /proc/$$/stat)" >"$2.pid"
  cd -- "${4%/*}/" || exit
  /opt/alibaba/java/bin/java -jar "${4##*/}" \
    -mupgrade -y/home/admin/conf/config.yaml "-l$3" >"$1/$2.log" 2>&1 </dev/null
  status=$?
  cd -- "$1" || exit
  printf "status %s\nend\n" "$status" >"$2.status.tmp"
  sync
  mv -- "$2.status.tmp" "$2.status"
  sync
' omsup "$dir" "$name" "$LAST_REGION" "$found" || {
  # The command may or may not have been started.
  echo "docker did not report whether the command started"
  exit 199
}
echo "java -jar $found -mupgrade -y/home/admin/conf/config.yaml -l$LAST_REGION"
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
