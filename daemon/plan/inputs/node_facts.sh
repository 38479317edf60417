# What this node knows about its old OMS container. Read-only. Environment: DOCKER, OLD_CONTAINER, and OLD_ID, which is empty
# or the id of the container, whatever its name is now.
# Prints lines for node_facts_parse(), which reads them from "omsup-gather 1" on: the loader or the shell may have warned before.
# The last one is "end", or says why there is none: "error TEXT": docker does not
# respond; "missing TEXT": there is no such container; "wrong TEXT": the container is not as required. Always exits 0.
set -u
exec 2>/dev/null
printf '\nomsup-gather 1\n'
config_in=/home/admin/conf/config.yaml
config_max=65536
container=${OLD_ID:-$OLD_CONTAINER}

fail() {
    printf '%s %s\n' "$1" "$(printf '%s' "$2" | tr -s '\n\t' '  ')"
    exit 0
}

# What docker has said, without what the loader, the shell and docker say whatever they do.
why() {
    text=$(printf '%s\n' "$1" | grep -v -e '^ERROR: ld\.so:' -e 'warning: setlocale:' \
        -e '^WARNING: Error loading config file' -e '^Emulate Docker CLI')
    printf '%.300s' "$text"
}

# Docker's answer; or ends with status 124, 137 or 143 if there is none in time.
ask() { timeout -k 2 20 "$DOCKER" "$@"; }

# hung STATUS: a docker that does not answer is neither absent nor without the container
hung() {
    case $1 in 124 | 137 | 143) fail error "$DOCKER did not answer within 20 s: check the container engine on this node" ;; esac
}

# Why docker refuses: with what to do about it, if this account may not use it.
refuses() {
    case $1 in *[Pp]ermission\ denied*) fail error "$(id -un) may not use $DOCKER: set 'sudo: true' in the deployment file, or add the account to the group of the socket: $(why "$1")" ;; esac
}

# The container with this id does not exist; which one has its name now?
gone() {
    now=$(ask inspect --type container -f '{{.Id}} {{.Config.Image}}' "$OLD_CONTAINER" 2>/dev/null) || now=
    id=$(printf '%.12s' "$OLD_ID")
    [ -n "$now" ] || fail missing "the old container $id no longer exists, and no container is named $OLD_CONTAINER"
    fail missing "the old container $id no longer exists: $OLD_CONTAINER is now container $(printf '%.12s' "$now") (image ${now#* })"
}

# A Go template: one line for each fact. Of the environment only OMS_HOST_IP, because the rest may contain secrets.
template='id {{.Id}}
image {{.Config.Image}}
{{range .HostConfig.Binds}}bind {{.}}
{{end}}{{range .Mounts}}mount {{.Type}}|{{.RW}}|{{if eq (printf "%s" .Type) "volume"}}{{.Name}}{{end}}|{{.Source}}|{{.Destination}}
{{end}}{{range .Config.Env}}{{if eq (printf "%.12s" .) "OMS_HOST_IP="}}env {{.}}
{{end}}{{end}}'

command -v "$DOCKER" >/dev/null 2>&1 || fail error "command not found: $DOCKER"
facts=$(ask inspect --type container -f "$template" "$container") || {
    hung "$?"
    said=$(ask version 2>&1 >/dev/null) || {
        hung "$?"
        refuses "$said"
        fail error "$DOCKER is not responding: $(why "$said")"
    }
    said=$(ask inspect --type container "$container" 2>&1 >/dev/null) &&
        fail error "$DOCKER inspect does not support the template that omsupd uses"
    case $said in *[Nn]o\ such\ *)
        [ -z "$OLD_ID" ] || gone
        fail missing "container $container: $(why "$said")"
        ;;
    esac
    fail error "container $container: $(why "$said")"
}

# Docker takes /x/, //x, /./x and /y/../x for /x, and shows the binds as they were typed: the new container gets each place once.
# Mounts made with --mount are not among the binds, but the new container needs them too. Volumes without a name belong
# to the old container alone.
facts=$(printf '%s\n' "$facts" | awk '
    function clean(path,    part, n, i, out, k, kept) {
        n = split(path, part, "/")
        for (i = 1; i <= n; i++) {
            if (part[i] == "" || part[i] == ".") continue
            if (part[i] == "..") { if (k) k--; continue }
            kept[++k] = part[i]
        }
        for (i = 1; i <= k; i++) out = out "/" kept[i]
        return out == "" ? "/" : out
    }
    # Paths of the host are compared and shown as well.
    function add(source, target, options,    id) {
        if (source ~ /^\//) source = clean(source)
        target = clean(target)
        id = source ":" target
        if (target in at) {
            if (at[target] != source && !wrong) wrong = "two mounts at " target ": " at[target] " and " source
            return
        }
        at[target] = source
        print "bind " id (options == "" ? "" : ":" options)
    }
    /^bind / {
        line = substr($0, 6)
        colon = index(line, ":")
        rest = substr(line, colon + 1)
        if (!colon || rest !~ /^\//) { print; next }
        end = index(rest, ":")
        if (end) add(substr(line, 1, colon - 1), substr(rest, 1, end - 1), substr(rest, end + 1))
        else add(substr(line, 1, colon - 1), rest, "")
        next
    }
    /^mount / { mounts[++n] = substr($0, 7); next }
    { print }
    END {
        for (i = 1; i <= n; i++) {
            k = split(mounts[i], f, "|")
            source = f[4]
            for (j = 5; j < k; j++) source = source "|" f[j]
            if (f[1] == "volume") source = f[3]
            else if (f[1] != "bind") continue
            if (f[1] == "volume" && length(source) == 64 && source !~ /[^0-9a-f]/) continue
            if (clean(f[k]) in at) continue
            add(source, f[k], f[2] == "true" ? "" : "ro")
        }
        if (wrong) print "wrong " wrong
    }')
twice=$(printf '%s\n' "$facts" | sed -n 's/^wrong //p')
[ -z "$twice" ] || fail wrong "container $container has $twice"

config=$(printf '%s\n' "$facts" | sed -n "s|^bind \(/[^:]*\):$config_in\(:.*\)\{0,1\}\$|\1|p")
[ -n "$config" ] || fail wrong "container $container has no host file mounted at $config_in"
[ -f "$config" ] || fail wrong "$config, which container $container has mounted at $config_in, is not a file"
[ -r "$config" ] || fail wrong "$(id -un) cannot read $config: set 'sudo: true' in the deployment file, log in as root, or allow it (setfacl -m u:$(id -un):r)"
[ "$(wc -c <"$config")" -le "$config_max" ] || fail wrong "$config is larger than $config_max bytes"

# A NUL in the answer would hide what is wrong with the file.
case $(od -An -tx1 -N2 "$config" | tr -d ' ') in fffe | feff) fail wrong "$config is in UTF-16: save it as UTF-8" ;; esac
[ "$(tr -d '\000' <"$config" | wc -c)" -eq "$(wc -c <"$config")" ] || fail wrong "$config is not a text file: it contains NUL bytes"

printf '%s\nconfig %s\n' "$facts" "$config"
# As schema/scripts/lib/config-state.sh has it. Nobody shall guess a password from a hash.
state=$(grep -Eiv '^[^:]*(passw|pwd|secret|token)' "$config" | sha256sum) && state=${state%% *} &&
    state="$state $(stat -L -c '%s %Y' "$config")" && printf 'state %s\n' "$state"
sed 's/^/|/' "$config" || fail wrong "cannot read $config"
printf '\nend\n'
