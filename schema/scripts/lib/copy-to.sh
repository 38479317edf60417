#!/bin/sh
# The second place of the backups: a path of the control host, or a directory on a node.
# shellcheck disable=SC2034,SC2154 # on_node reads what tells where the node is; the other files read the rest

# copy_where: sets copy_place (PATH, or NODE:PATH), copy_dir (PATH), and for on_node how it is reached
copy_where() {
  copy_place=$(printf '%s\n' "$COPY_TO" | sed -n 1p)
  NODE_SSH=$(printf '%s\n' "$COPY_TO" | sed -n 2p)
  NODE_PORT=$(printf '%s\n' "$COPY_TO" | sed -n 3p)
  NODE_SUDO=$(printf '%s\n' "$COPY_TO" | sed -n 4p)
  copy_dir=$copy_place
  [ -z "$NODE_SSH" ] || copy_dir=${copy_place#*:}
}
