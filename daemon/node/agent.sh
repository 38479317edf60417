# The agent of omsupd on a node. channel.c sends this text over the channel; it is evaluated with the arguments
#   agent NONCE DIR                  obeys requests from standard input, answers on standard output
#   run ID TOKEN DIR BOOT MASK INIT  started by the agent under setsid: one run, from its fence to its report
# Every line of either direction is at most 4096 bytes and one write, so that the runs, the probes and the agent can
# share the channel. Payload lines are for printf %b. Requests and answers: wire.h.
#
# DIR/TOKEN.go is the fence, identity and status of a run in one append-only file. Whoever wants to start or to forbid a
# run appends a line and then reads the first one: O_APPEND elects one writer, without a fork and once and for all.
#   run PID START BOOT | fence      the first line counts
#   exit STATUS                     after it
# DIR/JOB.taken tells that another control host has taken over a job, JOB being its tokens' beginning. Again a line is
# appended, and of those with the highest number the first one counts:
#   EPOCH ID TIME HOST
# shellcheck shell=sh disable=SC2154 # OMSUP_AGENT is this text, set by whoever evaluates it

unset answer arg at begun boot busybox by dir entry epoch first go half id init key line list left mask mine nonce out own pgrp pid rc \
    rest rounds script secret size start stat taker token verb verdict when word # otherwise an exported variable with one of these names would reach every child
half=524288 # NODE_OUTPUT_MAX / 2

say() { printf '%s\n' "$*"; }

# Ends the channel with a reason; the daemon reconnects and asks again. Before the hello, the nonce tells it from a banner.
fail() {
    [ -z "$nonce" ] || say
    say "fail ${nonce:+$nonce }$*"
    exit 1
}

# Sends standard input in base64 as the output of request $1.
send() {
    for line in $(base64 -w 1920); do
        say "o $1 $line"
    done
}

# Standard input, a pipe; or its first and last half, with one byte more to show the cut. (head may read too far here.)
# Processes are the cost of a small step, so tail runs only when the first half was full.
send_halves() {
    rounds=0
    for line in $(dd bs=65536 "count=$((half / 65536))" iflag=fullblock 2>/dev/null | base64 -w 1920); do
        say "o $1 $line"
        rounds=$((rounds + 1))
    done
    if [ "$rounds" -ge "$((half * 4 / 3 / 1920))" ]; then
        tail -c "$((half + 1))" | send "$1"
    fi
}

# Sends the file $2 as the output of request $1.
send_file() {
    if [ "$(wc -c <"$2")" -le "$((2 * half))" ]; then
        send "$1" <"$2"
    else
        # shellcheck disable=SC2002 # unlike a file, a pipe has no size by which tail would seek
        cat "$2" | send_halves "$1"
    fi
}

# Sets pgrp and start of process $1; fails when there is none or only a zombie.
process() {
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086 # the name may contain anything; only the numbers after it are split
    set -- ${stat##*) }
    [ "$#" -ge 20 ] || return 1
    case $1 in [ZXx]) return 1 ;; esac
    pgrp=$3
    shift 19
    start=$1
}

# Sets list to the living members of process group $1 without its leader; fails when there are none.
members() {
    list=
    for entry in /proc/[0-9]*; do
        entry=${entry#/proc/}
        if [ "$entry" != "$1" ] && process "$entry" && [ "$pgrp" = "$1" ]; then
            list="$list $entry"
        fi
    done
    [ -n "$list" ]
}

# Is the run with leader $1, started at $2 in boot $3, running now? While a member of its group lives, its pid is not
# reused; so a leader that is gone (killed, perhaps) does not hide a script that is still running.
alive() {
    [ "$3" = "$boot" ] || return 1
    if [ -e "/proc/$1/stat" ] && process "$1"; then
        [ "$start" = "$2" ]
        return
    fi
    kill -0 "-$1" 2>/dev/null && members "$1"
}

# Sets verdict to the outcome of run $1: alive, lost, never (fenced now, if it was not) or "exited STATUS".
# Only a whole, well-formed line counts: what a power loss leaves behind means lost, not never.
judge() {
    go=$dir/$1.go
    verdict=lost
    if ! [ -s "$go" ]; then
        say fence >>"$go" || fail "cannot write $go"
    fi
    {
        IFS=' ' read -r word pid begun at rest || return 0
        if [ "$word" = fence ] && [ -z "$pid" ]; then
            verdict=never
            return 0
        fi
        case $word:$pid:$begun in run:*[!0-9]*:* | run::* | run:*:*[!0-9]* | run:*:) return 0 ;; run:*) ;; *) return 0 ;; esac
        { [ -n "$at" ] && [ -z "$rest" ]; } || return 0
        # Checks for life first and for the exit line afterwards: a run that ends in between has left one.
        if alive "$pid" "$begun" "$at"; then
            verdict=alive
        fi
        while IFS= read -r line; do
            case $line in
            exit\ [0-9] | exit\ [0-9][0-9] | exit\ [0-9][0-9][0-9])
                verdict="exited ${line#exit }"
                return 0
                ;;
            esac
        done
    } <"$go" || fail "cannot read $go"
}

# A shutdown stops the processes and containers of a script, so its status says nothing of its work: the channel ends instead.
# Asked again after the boot, the daemon knows that there was one in between. Nothing is begun either.
not_going_down() {
    if [ -n "$init" ]; then
        stat=$(timeout 5 systemctl is-system-running 2>/dev/null)
        [ "$stat" != stopping ] || fail "this host is shutting down"
    fi
}

# Sets epoch, taker, when and by to what counts in the file of job $1; fails when nothing does.
newest() {
    epoch=
    while IFS=' ' read -r word entry at rest line; do
        case $word in '' | *[!0-9]* | ??????????*) continue ;; esac
        { [ -n "$rest" ] && [ -z "$line" ]; } || continue
        if [ -z "$epoch" ] || [ "$word" -gt "$epoch" ]; then
            epoch=$word taker=$entry when=$at by=$rest
        fi
    done <"$dir/$1.taken"
    [ -n "$epoch" ]
}

# Has another control host taken over the job of run $1? Then its answer says so, and nothing is done for this one.
taken() {
    key=${1%-*-*}
    [ -s "$dir/$key.taken" ] || return 1
    newest "$key" || fail "cannot read $dir/$key.taken"
    case $own in *" $key:$epoch:$taker "*) return 1 ;; esac
    say "taken $key $epoch $taker $when $by"
}

# Request $1: this channel acts for job $2 from now on, with number $3, as $4 and since $5 on host $6; and nobody with
# a lower number does. Fails when somebody else has that number or a higher one.
fence() {
    key=$2 epoch=
    [ ! -s "$dir/$key.taken" ] || newest "$key" || :
    if [ -z "$epoch" ] || [ "$epoch" -lt "$3" ]; then
        # A line end first: a torn line of before must not swallow it.
        printf '\n%s %s %s %s\n' "$3" "$4" "$5" "$6" >>"$dir/$key.taken" || fail "cannot write $dir/$key.taken"
        sync "$dir/$key.taken" 2>/dev/null || sync
        newest "$key" || fail "cannot read $dir/$key.taken"
    fi
    if [ "$epoch:$taker" = "$3:$4" ]; then
        own="$own $key:$epoch:$taker "
        say "x $1 exited 0"
    else
        say "taken $key $epoch $taker $when $by"
        say "x $1 exited 1"
    fi
}

# Answers request $1 with the verdict on run $2 and, when it has ended, its output.
answer() {
    case $verdict in exited\ 0) ;; exited*) not_going_down ;; esac
    case $verdict in
    exited*) if [ -s "$dir/$2.out" ]; then send_file "$1" "$dir/$2.out"; fi ;;
    esac
    say "x $1 $verdict"
}

look() {
    judge "$2"
    case $verdict in
    exited*) if [ -s "$dir/$2.out" ]; then answer "$1" "$2" & else answer "$1" "$2"; fi ;;
    *) answer "$1" "$2" ;;
    esac
}

# TERM to the group of run $2, after $3 ms KILL to all but its leader, so that the leader can still record the end;
# KILL to the leader too when that does not help.
end() {
    judge "$2"
    if [ "$verdict" = alive ]; then
        kill -TERM "-$pid" 2>/dev/null
        left=$3 rounds=0
        sleep 0.02
        while alive "$pid" "$begun" "$at"; do
            if [ "$left" -gt 0 ]; then
                left=$((left - 50))
            elif [ "$rounds" -lt 40 ]; then
                rounds=$((rounds + 1))
                # shellcheck disable=SC2086 # a list of pids
                members "$pid" && kill -KILL $list 2>/dev/null
            else
                kill -KILL "-$pid" 2>/dev/null
            fi
            sleep 0.05
        done
        judge "$2"
    fi
    answer "$1" "$2"
}

# Removes the files of run $2. A fenced run keeps its fence, because an older channel may still hold the request to start
# it. The request of a run that started is used up, and there is no other. Without files it is not judged: that would fence.
forget() {
    verdict=
    if [ -e "$dir/$2.go" ] || [ -e "$dir/$2.script" ] || [ -e "$dir/$2.out" ]; then
        judge "$2"
    fi
    case $verdict in
    '') say "x $1 exited 0" ;;
    alive) say "x $1 alive" ;;
    *)
        if [ "$verdict" = never ]; then go=; fi
        {
            rm -f "$dir/$2.script" "$dir/$2.out" ${go:+"$go"}
            say "x $1 exited $?"
        } &
        ;;
    esac
}

# Output of run $2 from byte $3 (counted from 1) on; without $3: its last 4 KiB.
window() {
    word=
    { read -r word rest; } 2>/dev/null <"$dir/$2.go"
    if [ "$word" != run ]; then
        say "x $1 never"
    else
        if ! [ -s "$dir/$2.out" ]; then
            :
        elif [ -z "$3" ]; then
            tail -c 4096 "$dir/$2.out" | send "$1"
        else
            tail -c "+$3" "$dir/$2.out" | head -c 65536 | send "$1"
        fi
        say "x $1 exited 0"
    fi
}

# Makes standard input fd 3: a pipe with the secret, if $1 says so.
hand_over() {
    if [ "$1" = secret ]; then
        exec 3<&0
    else
        exec 3</dev/null
    fi
    exec </dev/null
}

# Runs the script on fd 4 for at most $1 seconds: with timeout(1), which ends all of its process group; BusyBox's ends its
# child only, and a command that hangs below it would not be ended, so there the script gets a group of its own.
limited() {
    if [ -z "$busybox" ]; then
        timeout -k 2 "$1" sh /dev/fd/4
        return
    fi
    setsid sh /dev/fd/4 &
    mine=$!
    # shellcheck disable=SC2016 # for the new shell
    setsid sh -c 'sleep "$1"; kill -TERM -"$2"; sleep 2; kill -KILL -"$2"' sh "$1" "$mine" </dev/null >/dev/null 2>&1 3<&- 4<&- &
    begun=$!
    wait "$mine"
    set -- "$?"
    kill -KILL -"$begun" 2>/dev/null
    kill -KILL "$begun" 2>/dev/null # it may not have had its group yet
    return "$1"
}

# Request $1: runs the script for at most $2 seconds, from a pipe and without a file; with a secret or without, $3.
probe() {
    hand_over "$3"
    exec 6>&1
    rc=$({
        printf '%b' "$script" | {
            umask "$mask"
            exec 4<&0 </dev/null
            limited "$2" 2>&1 5>&- 6>&-
            say "$?" >&5
        } | send_halves "$1" >&6 3<&- 5>&-
    } 5>&1)
    [ "$rc" = 0 ] || not_going_down
    say "x $1 exited $rc"
}

# Request $1: becomes the leader of run $2, with a secret or without, $3.
launch() {
    hand_over "$3"
    export OMSUP_AGENT
    # shellcheck disable=SC2016 # for the new shell
    exec setsid sh -c 'eval "$OMSUP_AGENT"' omsup-run run "$1" "$2" "$dir" "$boot" "$mask" "$init" 2>/dev/null
}

# Request $1: run $2, with secret ($3 is "secret") or without.
begin() {
    # The script's file is created exclusively, so that a second request for the token cannot change it under the run.
    # A go file that a power loss has damaged would not be a fence for the leader: dash skips NUL bytes.
    set -C
    if [ -s "$dir/$2.go" ] || ! { printf '' >"$dir/$2.script"; } 2>/dev/null; then
        set +C
        [ -s "$dir/$2.go" ] || [ -e "$dir/$2.script" ] || fail "cannot create $dir/$2.script"
        judge "$2"
        [ "$verdict" = never ] || verdict=gone
        say "x $1 $verdict"
        return
    fi
    set +C
    # Only now: whoever takes the job over lists these files after the fence, and finds this one unless it is seen here.
    if taken "$2"; then
        rm -f "$dir/$2.script"
        say "x $1 gone"
        return
    fi
    printf '%b' "$script" >>"$dir/$2.script" || fail "cannot write $dir/$2.script"
    if [ "$3" = secret ]; then
        printf '%b' "$secret" | launch "$1" "$2" "$3" &
    else
        launch "$1" "$2" '' &
    fi
}

# The leader of run token: elects itself, runs the script, records its end, reports it.
lead() {
    go=$dir/$token.go out=$dir/$token.out
    umask 077
    trap : HUP INT QUIT TERM # caught, not ignored: the script has the default again
    process self || fail "no /proc"
    printf '' >>"$out" || fail "cannot write $out"
    mine="run $$ $start $boot"
    say "$mine" >>"$go" || fail "cannot write $go"
    first=
    IFS= read -r first <"$go"
    if [ "$first" != "$mine" ]; then
        if [ "$first" = fence ]; then
            rm -f "$dir/$token.script" "$out" # it may have been forgotten before these were created
            say "x $id never"
        else
            say "x $id gone"
        fi
        exit 0
    fi
    (
        umask "$mask"
        unset OMSUP_AGENT
        exec sh "$dir/$token.script"
    ) </dev/null >>"$out" 2>&1
    rc=$?
    exec 3<&-
    trap '' PIPE # the channel may be long gone
    if ! say "exit $rc" >>"$go"; then
        say "x $id exited $rc"
        # With a full disk, stay alive until the end can be recorded. Readers skip a torn line.
        until printf '\nexit %s\n' "$rc" >>"$go"; do
            [ -d "$dir" ] || exit 0
            sleep 2
        done
        exit 0
    fi
    verdict="exited $rc"
    answer "$id" "$token"
}

# Is the run directory, and each directory above it, writable only by its owner, who is root or this account? (Below a
# sticky one such as /tmp nobody else can replace what is there.) Sets rest to the first that is not.
trusted() {
    list=$(cd -P "$dir" && pwd -P) && mine=$(id -u) || return
    set -- "$list"
    while [ -n "${list%/*}" ]; do
        list=${list%/*}
        set -- "$@" "$list"
    done
    rest=$(stat -c '%u %a %n' -- "$@" / | while IFS=' ' read -r word entry at; do
        case $word in 0 | "$mine") ;; *) entry=777 ;; esac
        case $entry in [1357]???) [ "$at" = "$1" ] || continue ;; esac # sticky
        case $entry in *[2367]? | *[2367])
            say "$at"
            break
            ;;
        esac
    done)
    [ -z "$rest" ]
}

obey() {
    while IFS=' ' read -r verb id token arg size; do
        jobs >/dev/null 2>&1 # reaps what has ended
        case $verb in
        ping) say pong ;;
        check) # does not fence: its run may be about to start
            verdict=pending
            [ -s "$dir/$token.go" ] && judge "$token"
            say "x $id $verdict"
            ;;
        look | kill | forget) # these fence, stop and remove
            if taken "$token"; then
                say "x $id gone"
            elif [ "$verb" = look ]; then
                look "$id" "$token"
            elif [ "$verb" = kill ]; then
                end "$id" "$token" "$arg" &
            else
                forget "$id" "$token"
            fi
            ;;
        tail) window "$id" "$token" "$arg" & ;;
        fence)
            # shellcheck disable=SC2086 # its words
            fence "$id" "$token" "$arg" $size
            ;;
        run | probe)
            # A payload without its newline was cut by the end of the channel: no part of it may run.
            # read takes a byte with each system call, dd all that were announced, and not one more.
            if [ -n "$size" ]; then
                script=$(dd bs="$size" count=1 iflag=fullblock 2>/dev/null)
                [ "${#script}" -eq "$((size - 1))" ] || exit 0
            else
                IFS= read -r script || exit 0
            fi
            if [ "$arg" = secret ]; then
                IFS= read -r secret || exit 0
            fi
            if [ "$verb" = run ]; then
                begin "$id" "$token" "$arg"
            elif [ "$arg" = secret ]; then
                printf '%b' "$secret" | probe "$id" "$token" "$arg" &
            else
                probe "$id" "$token" '' &
            fi
            script='' secret=''
            ;;
        *) fail "unknown request $verb" ;;
        esac
    done
    exit 0
}

case $1 in
agent)
    nonce=$2 dir=$3
    boot=$OMSUP_AGENT
    unset OMSUP_AGENT # so that it is no longer exported
    OMSUP_AGENT=$boot boot=
    read -r boot </proc/sys/kernel/random/boot_id
    [ -n "$boot" ] || fail "cannot read /proc/sys/kernel/random/boot_id"
    # Programs that the agent needs, and those that the scripts of procedures take for granted.
    for word in awk base64 cat dd grep head rm sed setsid sleep tail timeout wc; do
        command -v "$word" >/dev/null || fail "command not found on this host: $word"
    done
    # An external printf would show secrets in its arguments.
    case $(command -v printf) in printf) ;; *) fail "printf is not built into this host's sh (mksh or yash?), so secrets would be seen in its arguments: make /bin/sh dash, bash or busybox" ;; esac
    mask=$(umask)
    umask 077
    cd /
    case $(timeout --help 2>&1) in *BusyBox*) busybox=1 ;; esac
    [ -d "$dir" ] || mkdir -p "$dir" ||
        fail "$(id -un) cannot create $dir: log in as root, or use sudo ('sudo: true' of the node in the deployment file; discover --sudo), or give the node a run_directory and an image_directory of this account in the deployment file"
    # Whoever can write to it, or put another one in its place, could change what runs.
    [ ! -L "$dir" ] || fail "$dir is a symbolic link: set another run_directory in omsupd's configuration, or remove it"
    # shellcheck disable=SC3067 # dash, bash and busybox have -O
    { [ -O "$dir" ] && [ -w "$dir" ]; } ||
        fail "$dir belongs to another account: set 'sudo: true' in the deployment file, or remove it if another account was used before"
    trusted || fail "$rest can be written by other accounts, so they could change what omsupd runs: chmod go-w $rest"
    chmod 700 "$dir" || fail "cannot change the mode of $dir"
    init=systemd
    not_going_down
    case $stat in '' | offline) init= ;; esac # another init, nothing to ask later
    # A line end first: what stands in front of it may have none (a window title, a prompt).
    printf '\nhello 1 %s %s\n' "$nonce" "$boot"
    nonce=
    own=' '
    for key in "$dir"/omsup-*.taken; do # before anything is asked
        [ -s "$key" ] || continue
        key=${key##*/}
        key=${key%.taken}
        if newest "$key"; then say "taken $key $epoch $taker $when $by"; fi
    done
    obey
    ;;
run)
    id=$2 token=$3 dir=$4 boot=$5 mask=$6 init=$7
    lead
    ;;
esac
