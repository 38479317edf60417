#!/bin/sh
# What the recorded end of a command in the new container proves. STATUS is the text of its status file, LOG the end of its log.

# end_words STATUS: it in words: "status 1, flag no, line no"
end_words() { printf '%s\n' "$1" | sed '/^end$/d' | paste -s -d ',' - | sed 's/,/, /g'; }

# has_line STATUS LINE...: whether it has one of these lines
has_line() {
  line_in=$1
  shift
  for line_word in "$@"; do
    if printf '%s\n' "$line_in" | grep -Fxq -- "$line_word"; then return 0; fi
  done
  return 1
}

# ended_by_itself STATUS: whether it has a status, and no signal ended it
ended_by_itself() {
  end_status=$(printf '%s\n' "$1" | sed -n 's/^status //p')
  case $end_status in '' | *[!0-9]*) return 1 ;; esac
  [ "$end_status" -lt 128 ]
}

# init_verdict STATUS: of docker_init.sh: 0 it is done, 1 it failed, 2 what it left contradicts itself, so that it may have done
# all or a part: the documented line or the flag without status 0, status 0 without them, or an end by a signal
init_verdict() {
  ended_by_itself "$1" || return 2
  if [ "$end_status" -ne 0 ]; then
    ! has_line "$1" 'line yes' 'flag yes' || return 2
    return 1
  fi
  has_line "$1" 'line yes' && ! has_line "$1" 'flag no' || return 2
}

# package_verdict STATUS: of the upgrade package, of which no line is documented: the same, by its status alone
package_verdict() {
  ended_by_itself "$1" || return 2
  [ "$end_status" -eq 0 ]
}

# last_lines LOG: its last twenty lines, without empty ones
last_lines() { printf '%s\n' "$1" | grep -v '^[[:space:]]*$' | tail -n 20; }

# last_words LOG: as much of them as fits into a message
last_words() { last_lines "$1" | paste -s -d '|' - | sed 's/|/ | /g' | tail -c 300; }

# tell_end WHAT STATUS LOG VERDICT: it for people
tell_end() {
  case $4 in
    0) ;;
    1) echo "$1 failed ($(end_words "$2")); its output ends with: $(last_lines "$3" | tail -n 1)" ;;
    *)
      last_lines "$3"
      echo "$1 ended with contradictory evidence ($(end_words "$2")), so it may have done its work; its output ends with: $(last_words "$3")"
      ;;
  esac
}

# prove_end WHAT NAME STATUS LOG VERDICT: the same as the evidence of a check
prove_end() {
  if [ "$5" -eq 2 ]; then
    last_lines "$4"
    echo "omsup: evidence $1 may have done its work: $(end_words "$3"); its output ends with: $(last_words "$4")"
  else
    echo "omsup: evidence attempt ${2##*.}: $(end_words "$3")"
  fi
}
