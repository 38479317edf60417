#!/bin/sh
# Starts the new container, which initializes the metadata by itself, and follows its log until the documented line. The page
# does not say what a failure looks like, so one is never assumed: when the container stops, or when it says nothing for a
# quarter of an hour, the outcome is unknown, and an operator has to judge by the log.
# uses: old-untouched, fact-of, new-container, container-log, harmless

silence=900 # seconds

said=$(sh -c "$(old_untouched_script)" omsup "$DOCKER" "$OLD_ID" "$(fact_of "old.$NODE.stopped")") || {
  echo "$said"
  exit 1
}
names=$("$DOCKER" ps -a --format '{{.Names}}')
if printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" && [ "$OMSUP_FORCE" != 1 ]; then
  facts=$("$DOCKER" inspect --type container -f '{{index .Config.Labels "omsup.job"}} {{json .State.StartedAt}}' "$NEW_CONTAINER")
  case $facts in
    "$OMSUP_JOB "*0001-01-01*) ;; # created, but never started
    "$OMSUP_JOB "*)
      echo "a container of an earlier attempt of this job was started and was not seen to complete its initialization: check docker logs $NEW_CONTAINER, then use 'done', 'retry --force' (a new container, which initializes again), or roll back"
      exit 1
      ;;
  esac
fi
require_image "$(fact_of "image.$NODE.id")"
remove_earlier
harmlessly run_new "$(fact_of "image.$NODE.id")" -e IS_UPGRADE=true || {
  # The container may or may not have been started.
  echo "docker run ended with an error: check docker ps -a and docker logs $NEW_CONTAINER"
  exit 199
}
uptime() { cut -d . -f 1 /proc/uptime; } # a clock that nobody sets
shown=0
looks=0
seen=
told=0
# What status shows: nobody waits without a word.
last_line() { printf '%s\n' "$seen" | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-300; }
last=$(uptime) # of something new
while :; do
  log=$(container_log "$NEW_CONTAINER") || log=$seen
  if [ "$log" != "$seen" ]; then
    lines=$(printf '%s\n' "$log" | wc -l)
    # Docker may keep the end of a long log only: then the lines that were shown cannot be counted any more.
    if [ "$lines" -lt "$shown" ]; then shown=$((lines > 20 ? lines - 20 : 0)); fi
    printf '%s\n' "$log" | sed -n "$((shown + 1)),${lines}p"
    shown=$lines
    seen=$log
    last=$(uptime)
    told=$last
    echo "omsup: news its log says: $(last_line)"
  fi
  if printf '%s\n' "$log" | grep -Fq 'OMS service start successfully'; then exit 0; fi
  running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$NEW_CONTAINER" 2>&1) || running=unknown
  if [ "$running" = false ]; then
    echo "$NEW_CONTAINER has stopped without the line 'OMS service start successfully'"
    exit 199
  fi
  if [ "$(($(uptime) - last))" -ge "$silence" ]; then
    echo "$NEW_CONTAINER has written nothing for $silence s, and not yet 'OMS service start successfully'"
    exit 199
  fi
  if [ "$(($(uptime) - told))" -ge 10 ]; then
    told=$(uptime)
    echo "omsup: news nothing new in its log for $((told - last)) s (in doubt after $silence s); it says: $(last_line)"
  fi
  # often at first, seldom later
  looks=$((looks + 1))
  if [ "$looks" -gt 20 ] || ! sleep 0.2; then sleep 1; fi
done
