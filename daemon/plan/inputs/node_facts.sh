# What this node knows of its old OMS container. Read-only; environment: DOCKER, OLD_CONTAINER, and OLD_ID: empty, or the id
# of the container that is meant, whatever its name is now.
# Prints lines that gather_parse() reads, at last "end" or one that says why not: "error TEXT": docker does not answer;
# "missing TEXT": it has no such container; "wrong TEXT": the container is not as it must be. Exits 0 in all cases.
set -u
config_in=/home/admin/conf/config.yaml
config_max=65536
container=${OLD_ID:-$OLD_CONTAINER}

fail() {
    printf '%s %s\n' "$1" "$(printf '%s' "$2" | tr -s '\n\t' '  ')"
    exit 0
}

# The container that is meant is not there; what has its name now?
gone() {
    now=$(timeout 20 "$DOCKER" inspect --type container -f '{{.Id}} {{.Config.Image}}' "$OLD_CONTAINER" 2>/dev/null) || now=
    id=$(printf '%.12s' "$OLD_ID")
    [ -n "$now" ] || fail missing "the old container $id is no longer there, and none is called $OLD_CONTAINER"
    fail missing "the old container $id is no longer there: $OLD_CONTAINER is now container $(printf '%.12s' "$now") (image ${now#* })"
}

# Go's template: one line for each fact. Of the environment only OMS_HOST_IP, for the rest may hold secrets.
template='id {{.Id}}
image {{.Config.Image}}
{{range .HostConfig.Binds}}bind {{.}}
{{end}}{{range .Mounts}}mount {{.Type}}|{{.RW}}|{{if eq (printf "%s" .Type) "volume"}}{{.Name}}{{end}}|{{.Source}}|{{.Destination}}
{{end}}{{range .Config.Env}}{{if eq (printf "%.12s" .) "OMS_HOST_IP="}}env {{.}}
{{end}}{{end}}'

command -v "$DOCKER" >/dev/null 2>&1 || fail error "there is no command $DOCKER"
facts=$(timeout 20 "$DOCKER" inspect --type container -f "$template" "$container" 2>/dev/null) || {
    said=$(timeout 20 "$DOCKER" version 2>&1 >/dev/null) || fail error "$DOCKER does not answer: $(printf '%.300s' "$said")"
    said=$(timeout 20 "$DOCKER" inspect --type container "$container" 2>&1 >/dev/null) &&
        fail error "$DOCKER inspect does not know the template that was asked for"
    case $said in *[Nn]o\ such\ *)
        [ -z "$OLD_ID" ] || gone
        fail missing "container $container: $(printf '%.300s' "$said")"
        ;;
    esac
    fail error "container $container: $(printf '%.300s' "$said")"
}

# What was mounted by --mount is not among the binds; it goes to the new container all the same. Volumes without a name
# belong to the one container.
mounts=$(printf '%s\n' "$facts" | sed -n 's/^mount //p')
facts=$(printf '%s\n' "$facts" | sed '/^mount /d')
while IFS='|' read -r type rw name source target; do
    case "$facts
" in *":$target
"* | *":$target:"*) continue ;; esac
    case $type in
    bind) ;;
    volume)
        source=$name
        case ${#name}:$name in *:*[!0-9a-f]*) ;; 64:*) continue ;; esac
        ;;
    *) continue ;;
    esac
    [ "$rw" = true ] || target=$target:ro
    facts="$facts
bind $source:$target"
done <<EOF
$mounts
EOF

config=$(printf '%s\n' "$facts" | sed -n "s|^bind \(/[^:]*\):$config_in\(:.*\)\{0,1\}\$|\1|p")
[ -n "$config" ] || fail wrong "container $container has no file of the host bound to $config_in"
[ -f "$config" ] || fail wrong "$config, which container $container has as $config_in, is not a file"
[ -r "$config" ] || fail wrong "$config cannot be read by $(id -un)"
[ "$(wc -c <"$config")" -le "$config_max" ] || fail wrong "$config is longer than $config_max bytes"

printf 'omsup-gather 1\n%s\nconfig %s\n' "$facts" "$config"
sed 's/^/|/' "$config" || fail wrong "$config cannot be read"
printf '\nend\n'
