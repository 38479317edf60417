#!/bin/sh
# Lists what the old container was run with and the new one will not have. The old container is compared with one that is created
# from its own image with the options of the new one, so that the image's environment and the defaults of the engine are not
# reported. Values of variables and labels may be secrets: only their names are shown.
# uses: new-container
# shellcheck disable=SC2016 # variables of templates

# options_of CONTAINER: one option per line. A template that this engine does not know is left out. Its names are those of the JSON.
options_of() {
  for template in \
    '{{with .HostConfig}}--memory={{.Memory}}
--memory-swap={{.MemorySwap}}
--memory-reservation={{.MemoryReservation}}
--cpu-shares={{.CpuShares}}
--cpu-period={{.CpuPeriod}}
--cpu-quota={{.CpuQuota}}
--cpuset-cpus={{.CpusetCpus}}
--cpuset-mems={{.CpusetMems}}
--blkio-weight={{.BlkioWeight}}
--oom-score-adj={{.OomScoreAdj}}
--shm-size={{.ShmSize}}
--cgroup-parent={{.CgroupParent}}
--pid={{.PidMode}}
--ipc={{.IpcMode}}
--uts={{.UTSMode}}
--userns={{.UsernsMode}}
--read-only={{.ReadonlyRootfs}}
{{end}}' \
    '--nano-cpus={{.HostConfig.NanoCpus}}' \
    '--oom-kill-disable={{.HostConfig.OomKillDisable}}' \
    '--memory-swappiness={{.HostConfig.MemorySwappiness}}' \
    '--init={{.HostConfig.Init}}' \
    '--runtime={{.HostConfig.Runtime}}' \
    '{{with .HostConfig}}{{range .ExtraHosts}}--add-host={{.}}
{{end}}{{range .Dns}}--dns={{.}}
{{end}}{{range .DnsSearch}}--dns-search={{.}}
{{end}}{{range .DnsOptions}}--dns-option={{.}}
{{end}}{{range .CapAdd}}--cap-add={{.}}
{{end}}{{range .CapDrop}}--cap-drop={{.}}
{{end}}{{range .GroupAdd}}--group-add={{.}}
{{end}}{{range .SecurityOpt}}--security-opt={{.}}
{{end}}{{range .Devices}}--device={{.PathOnHost}}:{{.PathInContainer}}:{{.CgroupPermissions}}
{{end}}{{end}}' \
    '{{range .HostConfig.Ulimits}}--ulimit={{.Name}}={{.Soft}}:{{.Hard}}
{{end}}' \
    '--log-driver={{.HostConfig.LogConfig.Type}}
{{range $name, $value := .HostConfig.LogConfig.Config}}--log-opt={{$name}}={{$value}}
{{end}}' \
    '{{range $name, $value := .HostConfig.Sysctls}}--sysctl={{$name}}={{$value}}
{{end}}' \
    '{{range $name, $value := .HostConfig.StorageOpt}}--storage-opt={{$name}}={{$value}}
{{end}}' \
    '{{range $name, $value := .HostConfig.Tmpfs}}--tmpfs={{$name}}:{{$value}}
{{end}}' \
    '{{range .Mounts}}{{if eq (printf "%s" .Type) "tmpfs"}}--tmpfs={{.Destination}}
{{end}}{{end}}' \
    '{{range $name, $value := .Config.Volumes}}--volume={{$name}}
{{end}}' \
    '{{range .HostConfig.DeviceRequests}}--gpus={{json .}}
{{end}}' \
    '{{range .Config.Env}}--env={{json .}}
{{end}}' \
    '{{range $name, $value := .Config.Labels}}--label={{json $name}}={{json $value}}
{{end}}' \
    '{{if eq (printf "%s" .HostConfig.NetworkMode) "host"}}--hostname={{.Config.Hostname}}{{end}}' \
    '--user={{.Config.User}}
--workdir={{.Config.WorkingDir}}' \
    '--stop-signal={{.Config.StopSignal}}' \
    '--stop-timeout={{.Config.StopTimeout}}' \
    '--health-cmd={{json .Config.Healthcheck.Test}}' \
    '--entrypoint={{json .Config.Entrypoint}}' \
    'command={{json .Config.Cmd}}'; do
    "$DOCKER" inspect --type container -f "$template" "$1" 2>/dev/null || :
    echo # podman prints the beginning of a template that it does not know
  done
}

image=$("$DOCKER" inspect --type container -f '{{.Image}}' "$OLD_ID") || exit 2
trial=
try_new "$image" # sets it
lost=$({ options_of "$trial" && echo && echo "the old one:" && options_of "$OLD_ID"; } | awk '
  # What says nothing: a number that is 0, an empty list, an engine default that every version writes differently.
  function nothing(option, value) {
    if (value ~ /^(0|false|null|\[\]|<nil>|<no value>|private|shareable|)$/) return 1
    if (option == "--runtime") return value ~ /^(runc|crun|oci|io\.containerd\.runc\.v[12])$/
    if (option == "--memory-swappiness") return value == "-1"
    if (option == "--env") return value ~ /^"((OMS_HOST_IP|IS_UPGRADE|container|HOSTNAME)=|HOME=\/root")/ # podman: the last two when it starts
    if (option == "--label") return value ~ /^"omsup\./
    return 0
  }
  /^the old one:$/ { old = 1; next }
  {
    at = index($0, "=")
    option = substr($0, 1, at - 1)
    value = substr($0, at + 1)
    if (value ~ /^[0-9](\.[0-9]+)?e\+[0-9]+$/) value = sprintf("%.0f", value) # docker 1.13
    if (!at || nothing(option, value)) next
    if (!old) { has[$0] = 1; next }
    if ($0 in has || $0 in seen) next
    seen[$0] = 1
    if (option == "--env" || option == "--label") sub(/^"/, "", value)
    if (option == "--env") { sub(/[="].*/, "", value); option = "-e" }
    else if (option == "--label") sub(/".*/, "", value)
    else if (option == "--nano-cpus") { option = "--cpus"; value = value / 1000000000 }
    else if (option == "--ulimit") { sub(/^RLIMIT_/, "", value); value = tolower(value) }
    text = text (text == "" ? "" : ", ") option (option == "-e" ? " " : "=") value
  }
  END { print text }')
if [ -n "$lost" ]; then
  echo "the old container was run with options that the new one will not have: $lost"
  exit 1
fi
echo "omsup: evidence the new container has every option of the old one"
