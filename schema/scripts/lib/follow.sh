#!/bin/sh
# Commands inside the new container that outlive the docker client that started them. An attempt NAME leaves NAME.begun, NAME.pid
# (the process and its start time), NAME.log and, once it has ended, NAME.status in /root/.omsup of the container, where only its root
# can write: the mounted logs belong to OMS's own account. They are read by docker, also when the container has stopped; with the
# container they are gone, and then nobody can tell.
# shellcheck disable=SC2016,SC2034

# marks_dir: their directory in the container
marks_dir() { echo "/root/.omsup/job-$OMSUP_JOB"; }

# container_state: running, stopped, gone, foreign (this job did not create it) or unknown (docker does not say)
container_state() {
  state_said=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}}' "$NEW_CONTAINER" 2>&1) || {
    case $state_said in *[Nn]o\ such\ *) echo gone ;; *) echo unknown ;; esac
    return
  }
  case $state_said in
    "true $OMSUP_JOB") echo running ;;
    "false $OMSUP_JOB") echo stopped ;;
    *) echo foreign ;;
  esac
}

# unseen STATE: why what earlier attempts left cannot be seen
unseen() {
  case $1 in
    gone) echo "$NEW_CONTAINER no longer exists, and what earlier attempts recorded in it is gone with it" ;;
    foreign) echo "$NEW_CONTAINER is not the container that this job created" ;;
    *) echo "cannot read what earlier attempts left in $NEW_CONTAINER" ;;
  esac
}

# stopped_mark [NAME]: a file of a container that has stopped, or, without NAME, the names of all; 1 if there is none, 2 if docker does not say
stopped_mark() {
  exec 6>&1
  mark_said=$({ "$DOCKER" cp "$NEW_CONTAINER:$(marks_dir)${1:+/$1}" - 2>&7 |
    if [ -n "${1-}" ]; then tar -xOf - >&6 2>/dev/null; else tar -tf - 2>/dev/null | sed 's,.*/,,' >&6; fi; } 7>&1) || :
  exec 6>&-
  case $mark_said in
    *[Nn]o\ such\ container:path* | *[Cc]ould\ not\ find\ the\ file* | *could\ not\ be\ found* | *[Nn]o\ such\ file*) return 1 ;;
    *[Ee]rror*) return 2 ;;
  esac
}

# marks: the names of the files; 2 if they cannot be seen, with the reason
marks() {
  marks_state=$(container_state)
  case $marks_state in
    running)
      "$DOCKER" exec "$NEW_CONTAINER" sh -c 'if [ -e "$1" ]; then ls -1 -- "$1"; fi' omsup "$(marks_dir)" 2>/dev/null || {
        unseen unknown
        return 2
      }
      ;;
    stopped)
      marks_rc=0
      marks_names=$(stopped_mark) || marks_rc=$?
      if [ "$marks_rc" -eq 2 ]; then
        unseen unknown
        return 2
      fi
      printf '%s\n' "$marks_names"
      ;;
    *)
      unseen "$marks_state"
      return 2
      ;;
  esac
}

# mark NAME: the content of a file; false if there is none, or it cannot be seen
mark() {
  if [ "$(container_state)" = running ]; then
    "$DOCKER" exec "$NEW_CONTAINER" sh -c 'cat -- "$1"' omsup "$(marks_dir)/$1" 2>/dev/null
  else
    stopped_mark "$1"
  fi
}

# log_end NAME: the last lines of its log, or nothing; none of them passes for a line of the script
log_end() { mark "$1.log" | tail -n 60 | sed 's/^omsup: / &/' || :; }

# newest_mark NAMES KIND: the highest number of an attempt of this kind on this node that began, or 0
newest_mark() {
  printf '%s\n' "$1" | awk -v kind="$2.$NODE." '
    index($0, kind) == 1 && substr($0, length($0) - 5) == ".begun" {
      n = substr($0, length(kind) + 1, length($0) - length(kind) - 6)
      if (n ~ /^[0-9]+$/ && n + 0 > newest) newest = n + 0
    }
    END { print newest + 0 }'
}

# unended NAMES KIND: the attempt of this kind on this node that began and never recorded its end; nothing if there is none
unended() {
  printf '%s\n' "$1" | awk -v kind="$2.$NODE." '
    index($0, kind) == 1 && /\.begun$/ { begun[substr($0, 1, length($0) - 6)] = 1 }
    index($0, kind) == 1 && /\.status$/ { ended[substr($0, 1, length($0) - 7)] = 1 }
    END { for (name in begun) if (!(name in ended)) { print name; exit } }'
}

# begin DIR NAME: records, inside the container, that the attempt begins
begin() {
  "$DOCKER" exec "$NEW_CONTAINER" sh -c 'umask 077; mkdir -p -- "$1" && cd -- "$1" && : >"$2.begun" && sync' omsup "$1" "$2"
}

# watch_end DIR NAME SHOW: waits inside the container until the attempt has recorded its end, and shows its log meanwhile if SHOW is 1.
# 0: it has; 9: its process is gone without it; 6: it is still running after the step's hour, counted from its start; 8: it never began;
# anything else: docker cannot tell
watch_end() {
  "$DOCKER" exec "$NEW_CONTAINER" sh -c '
    cd -- "$1" 2>/dev/null && [ -e "$2.begun" ] || exit 8
    end=$(($(stat -c %Y -- "$2.begun") + 3300))
    gone=0 looks=0
    shown=$(cat "$2.shown" 2>/dev/null) || shown=0
    # What a lost docker client left behind ends when another one watches.
    if [ "$3" = 1 ]; then echo "$$" >"$2.watcher"; fi
    show() {
      if [ "$3" = 1 ] && [ -f "$2.log" ]; then
        lines=$(wc -l <"$2.log")
        if [ "$lines" -gt "$shown" ]; then sed -n "s/^omsup: / &/; $((shown + 1)),${lines}p" "$2.log"; fi
        shown=$lines
        echo "$shown" >"$2.shown"
      fi
    }
    while :; do
      show "$@"
      if [ -f "$2.status" ]; then show "$@"; exit 0; fi
      if [ "$3" = 1 ] && [ "$(cat "$2.watcher")" != "$$" ]; then exit 7; fi
      if read -r pid start <"$2.pid" && [ "$(cut -d " " -f 22 "/proc/$pid/stat")" = "$start" ]; then gone=0; else gone=$((gone + 1)); fi 2>/dev/null
      [ "$gone" -le 5 ] || exit 9
      if [ "$3" != 1 ] && [ "$(date +%s)" -ge "$end" ]; then exit 6; fi
      looks=$((looks + 1))
      if [ "$gone" -gt 0 ] || [ "$looks" -gt 32 ] || ! sleep "$(if [ "$looks" -le 20 ]; then echo 0.2; else echo 0.5; fi)"; then sleep 1; fi
    done
  ' omsup "$1" "$2" "$3"
}

# follow DIR NAME: shows its log until its end is recorded, or until the process has gone without recording one: it does not
# exist, or its container has stopped. When docker cannot tell, it keeps waiting. False if there is no end.
follow() {
  while :; do
    follow_rc=0
    watch_end "$1" "$2" 1 || follow_rc=$?
    case $follow_rc in
      0) return 0 ;;
      8 | 9) return 1 ;;
    esac
    case $(container_state) in
      running | unknown) sleep 1 ;;
      stopped) mark "$2.status" >/dev/null; return ;;
      *) return 1 ;;
    esac
  done
}

# await_end DIR NAME: waits for its end, for a check. Even when this job has lost touch with it, it continues in the container
# and will record its end. It is given the step's hour, counted from its start. False if there is no end; await_rc says why, as that of
# watch_end.
await_end() {
  failed=0
  while :; do
    await_rc=0
    watch_end "$1" "$2" 0 || await_rc=$?
    case $await_rc in
      0) return 0 ;;
      6 | 8 | 9) return 1 ;;
    esac
    case $(container_state) in
      stopped) mark "$2.status" >/dev/null; return ;;
      gone | foreign) return 1 ;;
    esac
    failed=$((failed + 1))
    [ "$failed" -le 2 ] || return 1
    sleep 1
  done
}

# attempt_end KIND: for a check: waits for the end of the newest attempt of this kind on this node; its name is in `name`, its status file in
# `status`, the end of its log in `log`. Ends the script with 1 if none began, with 2 if the end is not recorded or cannot be seen.
attempt_end() {
  names=$(marks) || {
    echo "omsup: evidence $names"
    exit 2
  }
  newest=$(newest_mark "$names" "$1")
  [ "$newest" -gt 0 ] || exit 1
  name=$1.$NODE.$newest
  if await_end "$(marks_dir)" "$name" && status=$(mark "$name.status"); then
    log=$(log_end "$name")
    return
  fi
  if [ "$await_rc" -eq 6 ]; then
    echo "omsup: evidence attempt $newest is still running; retry when it has ended"
  else
    echo "omsup: evidence attempt $newest started and was interrupted: check $(marks_dir)/$name.log in $NEW_CONTAINER (docker cp)"
  fi
  exit 2
}

# require_ended KIND FORCE WORDS: for a run: ends the script if it cannot be seen what earlier attempts left, or, unless FORCE is 1, if one of them
# never recorded its end; WORDS says what to do then
require_ended() {
  names=$(marks) || {
    echo "$names"
    exit 1
  }
  left=$(unended "$names" "$1")
  if [ -n "$left" ] && [ "$2" != 1 ]; then
    echo "an earlier run started and never recorded its end: check $(marks_dir)/$left.log in $NEW_CONTAINER (docker cp)$3"
    exit 1
  fi
}
