#!/bin/sh
# What the recorded end of a command in the new container proves.

# end_words FILE: it in words: "status 1, flag no, line no"
end_words() { sed '/^end$/d' "$1" | paste -s -d ',' - | sed 's/,/, /g'; }

# ended_by_itself FILE: whether it has a status, and no signal ended it
ended_by_itself() {
  end_status=$(sed -n 's/^status //p' "$1")
  case $end_status in '' | *[!0-9]*) return 1 ;; esac
  [ "$end_status" -lt 128 ]
}

# init_verdict FILE: of docker_init.sh: 0 it is done, 1 it failed, 2 what it left contradicts itself, so that it may have done
# all or a part: the documented line or the flag without status 0, status 0 without them, or an end by a signal
init_verdict() {
  ended_by_itself "$1" || return 2
  if [ "$end_status" -ne 0 ]; then
    ! grep -Fxq -e 'line yes' -e 'flag yes' "$1" || return 2
    return 1
  fi
  grep -Fxq 'line yes' "$1" && ! grep -Fxq 'flag no' "$1" || return 2
}

# package_verdict FILE: of the upgrade package, of which no line is documented: the same, by its status alone
package_verdict() {
  ended_by_itself "$1" || return 2
  [ "$end_status" -eq 0 ]
}

# last_lines FILE: the last twenty lines of a log, without empty ones
last_lines() { grep -v '^[[:space:]]*$' "$1" 2>/dev/null | tail -n 20; }

# last_words FILE: as much of them as fits into a message
last_words() { last_lines "$1" | paste -s -d '|' - | sed 's/|/ | /g' | tail -c 300; }

# tell_end WHAT NAME VERDICT: it for people, from the files NAME.status and NAME.log
tell_end() {
  case $3 in
    0) ;;
    1) echo "$1 failed ($(end_words "$2.status")); its output ends with: $(last_lines "$2.log" | tail -n 1)" ;;
    *)
      last_lines "$2.log"
      echo "$1 ended with contradictory evidence ($(end_words "$2.status")), so it may have done its work; its output ends with: $(last_words "$2.log")"
      ;;
  esac
}

# prove_end WHAT NAME VERDICT: the same as the evidence of a check
prove_end() {
  if [ "$3" -eq 2 ]; then
    last_lines "$2.log"
    echo "omsup: evidence $1 may have done its work: $(end_words "$2.status"); its output ends with: $(last_words "$2.log")"
  else
    echo "omsup: evidence $2: $(end_words "$2.status")"
  fi
}
