# What prune does on a host: looks at what may go (DO=containers, files, hashes, runs), or removes one thing (DO=rm-…), after a look at
# it again. Prints lines for answers.c; what begins with anything else is said by the tools. `left WHY`: it stays.
# shellcheck shell=sh disable=SC2153 # what is in capitals comes from the environment
set -u
echo # ends a line that something else has begun
tab=$(printf '\t')

# one line, without the frame that docker gives its words
words() { printf '%s' "$1" | tr -s '\n\t' '  ' | sed 's/^Error response from daemon: //; s/^Error: //' | cut -c 1-300; }

# Ends with 3 if the engine does not answer.
list_containers() {
  ids=$("$DOCKER" ps -aq --no-trunc 2>/dev/null) || {
    said=$("$DOCKER" ps -aq --no-trunc 2>&1 >/dev/null) || :
    echo "fail $DOCKER does not answer: $(words "$said")"
    exit 3
  }
}

# One line each: id, image, running, when started and stopped, name, our labels.
containers_of() {
  [ -n "$1" ] || return 0
  # shellcheck disable=SC2086 # ids are words
  "$DOCKER" inspect --type container -f "c$tab{{.Id}}$tab{{.Image}}$tab{{.State.Running}}$tab{{json .State.StartedAt}} {{json .State.FinishedAt}}$tab{{.Name}}$tab{{json (index .Config.Labels \"omsup.job\")}}$tab{{json (index .Config.Labels \"omsup.token\")}}" $1 2>/dev/null || :
}

# SEEN: as it was listed
container_now() { "$DOCKER" inspect --type container -f '{{.Image}} {{.State.Running}} {{json .State.StartedAt}} {{json .State.FinishedAt}}' "$1" 2>/dev/null; }

is_ours() { [ -f "$1" ] && [ ! -L "$1" ] && grep -Fxq -- "sha256 $SHA256" "$1"; }

# Files of runs of the job KEY in DIR; open: the name of one that may still be running, or whose fence may still be needed
look_runs() {
  runs=0 open=
  boot=$(cat /proc/sys/kernel/random/boot_id)
  for file in "$DIR/omsup-$KEY-"*; do
    [ -f "$file" ] || continue
    runs=$((runs + 1))
    case $file in *.go) ;; *) continue ;; esac
    word='' pid='' at=''
    IFS=' ' read -r word pid _ at <"$file" || :
    case $pid in '' | *[!0-9]*) pid= ;; esac
    if [ "$word" = fence ]; then
      [ -z "$(find "$file" -mmin -1440 2>/dev/null)" ] || open=$file
    elif [ -n "$pid" ] && [ "$at" = "$boot" ] && ! grep -q '^exit [0-9]' "$file"; then
      if [ -e "/proc/$pid" ] || kill -0 "-$pid" 2>/dev/null; then open=$file; fi
    fi
  done
}

case $DO in
  containers)
    list_containers
    all=$(containers_of "$ids")
    [ -z "$all" ] || printf '%s\n' "$all"
    mine=$(printf '%s\n' "$all" | awk -F '\t' -v old="$OLD_ID" -v job="\"$KEY\"" '$2 == old || $7 == job { print $2 }')
    images=$(printf '%s\n' "$all" | awk -F '\t' -v old="$OLD_ID" '$2 == old { print $3 }')
    for id in $mine; do
      size=$("$DOCKER" inspect -s --type container -f '{{.SizeRw}}' "$id" 2>/dev/null) || size=
      case $size in '' | *[!0-9]*) size=-1 ;; esac
      echo "s$tab$id$tab$size"
    done
    for id in $images $IMAGES; do
      "$DOCKER" inspect --type image -f "i$tab{{.Id}}$tab{{.Size}}$tab{{range .RepoTags}}{{.}} {{end}}" "$id" 2>/dev/null || :
    done
    ;;
  rm-container)
    list_containers
    if ! printf '%s\n' "$ids" | grep -Fxq -- "$ID"; then
      echo gone
      exit 0
    fi
    now=$(container_now "$ID") || now=
    if [ "$now" != "$SEEN" ]; then
      echo "left it was started or changed since it was listed"
      exit 0
    fi
    # Without -f, which would take one that runs; without -v, because volumes are not ours.
    if said=$("$DOCKER" rm "$ID" 2>&1); then echo removed; else echo "left $(words "$said")"; fi
    ;;
  rm-image)
    list_containers
    user=$(containers_of "$ids" | awk -F '\t' -v image="$ID" '{ sub(/^sha256:/, "", $3) } $3 == image { sub(/^\//, "", $6); print $6; exit }')
    if [ -n "$user" ]; then
      echo "left the container $user uses it"
    elif ! "$DOCKER" inspect --type image "$ID" >/dev/null 2>&1; then
      echo gone
    elif said=$("$DOCKER" rmi "$ID" 2>&1); then
      echo removed
    else
      echo "left $(words "$said")"
    fi
    ;;
  files | hashes)
    printf '%s\n' "$FILES" | while IFS= read -r file; do
      if [ ! -e "$file" ] && [ ! -L "$file" ]; then
        echo 'f -1'
      elif [ -L "$file" ] || [ ! -f "$file" ]; then
        echo 'f -2'
      elif [ "$DO" = files ]; then
        echo "f $(stat -c %s -- "$file")"
      else
        sum=$(sha256sum <"$file")
        echo "h ${sum%% *}"
      fi
    done
    ;;
  rm-file)
    if [ ! -e "$FILE" ] && [ ! -L "$FILE" ]; then
      echo gone
    elif [ -L "$FILE" ] || [ ! -f "$FILE" ]; then
      echo 'left it is not a regular file'
    else
      sum=$(sha256sum <"$FILE") || sum=
      if [ "${sum%% *}" != "$SHA256" ]; then
        echo 'left it is not the file that the job wrote: its SHA-256 differs from the recorded one'
        exit 0
      fi
      for more in "$FILE.ok" "$FILE.copied" "$FILE.rehearsed"; do
        if is_ours "$more"; then rm -f -- "$more"; fi
      done
      if said=$(rm -f -- "$FILE" 2>&1); then echo removed; else echo "left $(words "$said")"; fi
      rmdir -- "${FILE%/*}" 2>/dev/null || :
    fi
    ;;
  runs)
    look_runs
    echo "r $runs ${open:-}"
    ;;
  rm-runs)
    look_runs
    if [ -n "$open" ]; then
      echo "left $open may still be needed"
    elif said=$(rm -f -- "$DIR/omsup-$KEY-"* 2>&1); then
      echo removed
    else
      echo "left $(words "$said")"
    fi
    ;;
esac
