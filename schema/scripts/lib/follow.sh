#!/bin/sh
# Commands inside the new container that outlive the docker client that started them. An attempt NAME leaves NAME.begun,
# NAME.pid (the process and its start time), NAME.log and, once it has ended, NAME.status in the mounted logs directory.
# shellcheck disable=SC2016

# unreadable_place: the first of the places with these files that this account cannot read
unreadable_place() {
  for place in "$LOGS_DIR" "$LOGS_DIR/omsup" "$LOGS_DIR/omsup/job-$OMSUP_JOB"; do
    if [ -e "$place" ] && { ! [ -r "$place" ] || ! [ -x "$place" ]; }; then
      echo "$place"
      return
    fi
  done
}

# must_see STATUS [WORD]: ends the script with STATUS if this account cannot read what earlier attempts left; WORD is put in
# front of the reason
must_see() {
  place=$(unreadable_place)
  if [ -n "$place" ]; then
    echo "${2-}$(id -un) cannot read $place"
    exit "$1"
  fi
}

# unended KIND: the path, without .begun, of an attempt on this node that never recorded its end
unended() {
  for begun in "$LOGS_DIR/omsup/job-$OMSUP_JOB/$1.$NODE".*.begun; do
    if [ -f "$begun" ] && ! [ -f "${begun%.begun}.status" ]; then
      echo "${begun%.begun}"
      return
    fi
  done
}

# begin NAME: records, from inside the container, that the attempt begins
begin() {
  "$DOCKER" exec "$NEW_CONTAINER" sh -c 'mkdir -p -- "$1" && cd -- "$1" && : >"$2.begun" && sync' \
    omsup "/home/admin/logs/omsup/job-$OMSUP_JOB" "$1"
}

# alive NAME: 0 if its process runs, 9 if it does not exist, anything else if docker cannot tell
alive() {
  "$DOCKER" exec "$NEW_CONTAINER" sh -c '
    read -r pid start <"$1.pid" && [ "$(cut -d " " -f 22 "/proc/$pid/stat")" = "$start" ] || exit 9
  ' omsup "/home/admin/logs/omsup/job-$OMSUP_JOB/$1" >/dev/null 2>&1
}

# pause: between two looks at the status file, often at first and seldom later; `looks` counts them
pause() {
  looks=$((looks + 1))
  if [ "$looks" -le 20 ]; then sleep 0.2; elif [ "$looks" -le 32 ]; then sleep 0.5; else sleep 1; fi
}

# show_rest FILE: the lines of it that have not been shown
show_rest() {
  [ -f "$1" ] || return 0
  lines=$(wc -l <"$1")
  if [ "$lines" -gt "$shown" ]; then sed -n "$((shown + 1)),${lines}{s/^omsup: / &/;p;}" "$1"; fi
  shown=$lines
}

# follow NAME: shows its log until its end is recorded, or until the process has gone without recording one: it does not
# exist (9), or its container has stopped. When docker cannot tell, it keeps waiting. False if there is no end.
follow() {
  followed=$LOGS_DIR/omsup/job-$OMSUP_JOB/$1
  shown=0
  gone=0
  looks=0
  until [ -f "$followed.status" ] || [ "$gone" -gt 5 ]; do
    if [ "$gone" -eq 0 ]; then pause; else sleep 1; fi
    show_rest "$followed.log"
    # Asking docker takes longer than the pause.
    [ "$gone" -gt 0 ] || [ "$((looks % 5))" -eq 0 ] || continue
    seen=0
    alive "$1" || seen=$?
    case $seen in
      0) gone=0 ;;
      9) gone=$((gone + 1)) ;;
      *)
        running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$NEW_CONTAINER" 2>&1) || running=unknown
        if [ "$running" = false ]; then gone=$((gone + 1)); fi
        ;;
    esac
  done
  show_rest "$followed.log"
  [ -f "$followed.status" ]
}

# await_end NAME: waits for its end, for a check. Even when this job has lost touch with it, it continues in the container
# and will record its end. It is given the step's hour, counted from its start. False if there is no end.
await_end() {
  awaited=$LOGS_DIR/omsup/job-$OMSUP_JOB/$1
  now=$(date +%s)
  end=$(($(stat -c %Y -- "$awaited.begun") + 3300))
  [ "$end" -lt "$((now + 3300))" ] || end=$((now + 3300))
  failed=0
  looks=0
  until [ -f "$awaited.status" ] || [ "$failed" -gt 2 ] || [ "$(date +%s)" -ge "$end" ]; do
    seen=0
    alive "$1" || seen=$?
    case $seen in
      0) failed=0 ;;
      9) break ;;
      *) failed=$((failed + 1)) ;;
    esac
    if [ "$failed" -eq 0 ]; then pause; else sleep 1; fi
  done
  [ -f "$awaited.status" ]
}

# no_end NAME: the evidence of an attempt that has not recorded its end; false if docker does not answer
no_end() {
  running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$NEW_CONTAINER") || return
  if [ "$running" = true ] && alive "$1"; then
    echo "omsup: evidence attempt ${1##*.} is still running; retry when it has ended"
  else
    echo "omsup: evidence attempt ${1##*.} started and was interrupted: check $LOGS_DIR/omsup/job-$OMSUP_JOB/$1.log"
  fi
}
