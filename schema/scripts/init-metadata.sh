#!/bin/sh
# Executes docker_init.sh in the new container. Its exit status alone proves nothing, and logs of earlier upgrades
# are on the same disk: this run must write the documented last line, exit with 0, and leave /root/init_flag.txt (if
# this version's script mentions it). The outcome is recorded in the container, so that it is known even when the docker
# client is lost.
# uses: follow, recorded-end, harmless
# shellcheck disable=SC2016

# Never start a run without being able to see what an earlier one left.
require_ended init "$OMSUP_FORCE" " and docker_init.log.*, then use 'done', 'retry --force', or roll back"
name=init.$NODE.$OMSUP_ATTEMPT
dir=$(marks_dir)
harmlessly begin "$dir" "$name"
harmlessly "$DOCKER" exec -d "$NEW_CONTAINER" sh -c '
  cd -- "$1" || exit
  echo "$$ $(cut -d " " -f 22 /proc/$$/stat)" >"$2.pid"
  cd /root || exit
  rm -f init_flag.txt
  bash docker_init.sh >"$1/$2.log" 2>&1 </dev/null
  status=$?
  flag=unknown
  if grep -q init_flag.txt docker_init.sh; then
    flag=no
    if [ -s init_flag.txt ]; then flag=yes; fi
  fi
  cd -- "$1" || exit
  line=no
  for log in "$2.log" $(find /home/admin/logs -maxdepth 1 -type f -name "docker_init*" -newer "$2.begun"); do
    if tail -n 20 -- "$log" | grep -Fq -e "[Completed] All initialization steps are executed" -e "【结束】全部初始化步骤执行成功"; then
      line=yes
    fi
  done
  printf "status %s\nflag %s\nline %s\nend\n" "$status" "$flag" "$line" >"$2.status.tmp"
  sync
  mv -- "$2.status.tmp" "$2.status"
  sync
' omsup "$dir" "$name" || {
  # The command may or may not have been started.
  echo "docker did not report whether the command started"
  exit 199
}
if ! harmlessly follow "$dir" "$name"; then
  echo "it was interrupted: its end was not recorded"
  exit 199 # outcome unknown
fi
status=$(mark "$name.status") || exit 199
log=$(log_end "$name")
verdict=0
init_verdict "$status" || verdict=$?
tell_end docker_init.sh "$status" "$log" "$verdict"
[ "$verdict" -ne 2 ] || verdict=199 # outcome unknown
exit "$verdict"
