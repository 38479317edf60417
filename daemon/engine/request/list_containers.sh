# Lists containers. Read-only. Prints lines for choose() in discover.c: `container DOCKER RUNNING NAME ID OMS IMAGE TAG`. OMS is yes- if
# config.yaml is mounted where OMS has it, otherwise -; TAG, or "-", is the only name of an image that the container names by its id.
# `note TEXT`: why an engine was not asked. Both engines are asked: other containers of the one say nothing of where OMS is.
# `docker ps` can tell the state only from 20.10 on, and podman before 4.6 tells something else, so it lists ids.
set -u
exec 2>/dev/null
echo # ends a line that something else has begun
config=/home/admin/conf/config.yaml
found=
for docker in docker podman; do
  command -v "$docker" >/dev/null 2>&1 || continue
  found=1
  status=0
  ids=$(timeout 20 "$docker" ps -aq --no-trunc 2>/dev/null) || status=$?
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ] || [ "$status" -eq 143 ]; then
    echo "note $docker has not answered within 20 s: check its service"
    continue
  elif [ "$status" -ne 0 ]; then
    said=$(timeout 20 "$docker" ps -aq 2>&1 >/dev/null | grep -v -e '^ERROR: ld' -e '^WARNING: Error loading' | tr -s '\n\t' '  ')
    case $(id -u):$said in
    0:*) ;;
    *[Pp]ermission\ denied*) said="$said ($(id -un) has no access to $docker: use --sudo, or another account)" ;;
    esac
    printf 'note %s is not responding: %.400s\n' "$docker" "$said"
    continue
  fi
  [ -n "$ids" ] || continue
  # shellcheck disable=SC2086 # ids are words
  timeout 60 "$docker" inspect --type container -f '{{.State.Running}} {{.Name}} {{.Id}} {{range .Mounts}}{{if eq .Destination "'"$config"'"}}yes{{end}}{{end}}- {{.Image}} {{.Config.Image}}' $ids 2>/dev/null |
    while read -r running name id oms image_id image; do
      tag=-
      case ${image#sha256:} in
      *[!0-9a-f]*) ;;
      *) # an id, or as much of one as somebody has typed
        tag=$(timeout 20 "$docker" inspect --type image -f '{{range .RepoTags}}{{.}}{{println}}{{end}}' "$image_id" 2>/dev/null |
          awk 'NF { name = $0; n++ } END { print n == 1 ? name : "-" }') # of several, each may be of another version
        ;;
      esac
      echo "container $docker $running ${name#/} $id $oms $image ${tag:--}"
    done
done
[ -n "$found" ] || echo 'note neither docker nor podman is installed'
