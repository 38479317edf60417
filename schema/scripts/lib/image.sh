#!/bin/sh
# What an image is, in its archive and on a node. An engine's id of it is the digest of the configuration in one store and that of the
# manifest in another, and the manifest's differs again when the layers are packed otherwise. What is the same everywhere is in the
# configuration: the hashes of the unpacked layers, the architecture, and what is executed with which environment and labels.
# shellcheck disable=SC2016,SC2034 # archive_look and archive_recall set variables for their callers

# json_script: the text of a script for `sh -c`: reads JSON and prints a line PATH<tab>VALUE for each value in it, a whole list or object
# after its parts; VALUE is JSON without blanks, and without the escapes that only some writers use. Names in PATH are lower case
json_script() {
  cat <<'EOF'
  LC_ALL=C awk '
    { text = text $0 "\n" }
    function blank() { while (substr(text, at, 1) ~ /^[ \t\r\n]$/) at++ }
    function string(   out, c) {
      for (at++; at <= size; at++) {
        c = substr(text, at, 1)
        if (c == "\"") break
        if (c == "\\") {
          c = substr(text, ++at, 1)
          if (c == "u") {
            c = tolower(substr(text, at, 5))
            at += 4
            c = c == "u003c" ? "<" : c == "u003e" ? ">" : c == "u0026" ? "&" : "\\" c
          } else if (c != "/") {
            c = "\\" c
          }
        }
        out = out c
      }
      at++
      return out
    }
    function value(path, depth,   out, c, open, key, n) {
      blank()
      open = substr(text, at, 1)
      if (depth > 30 || at > size) return ""
      if (open == "\"") {
        out = "\"" string() "\""
      } else if (open == "{" || open == "[") {
        out = open
        for (at++; at <= size; at++) {
          blank()
          c = substr(text, at, 1)
          if (c == "}" || c == "]") break
          key = n
          out = out (n++ ? "," : "")
          if (open == "{") {
            if (c != "\"") break
            key = string()
            out = out "\"" key "\":"
            blank()
            at++
          }
          out = out value((path == "" ? "" : path ".") tolower(key "" == "" ? "0" : key), depth + 1)
          blank()
          if (substr(text, at, 1) != ",") break
        }
        at++
        out = out (open == "{" ? "}" : "]")
      } else {
        for (; at <= size && (c = substr(text, at, 1)) !~ /^[],} \t\r\n]$/; at++) out = out c
      }
      print path "\t" out
      return out
    }
    END {
      size = length(text)
      for (at = 1; at <= size; blank()) {
        was = at
        value("", 0)
        if (at == was) exit
      }
    }'
EOF
}

# identity_script: the same: reads a configuration, or what `inspect` prints of an image, and prints a hash of what the image is; nothing
# if it does not say which layers it has
identity_script() {
  echo 'json() {'
  json_script
  echo '}'
  cat <<'EOF'
  said=$(json | awk '
    { at = index($0, "\t"); path = substr($0, 1, at - 1); sub(/^0\./, "", path); v = substr($0, at + 1) }
    { found[path] = v ~ /^(null|\[\]|\{\}|"")$/ ? "" : v }
    END {
      layers = found["rootfs.diff_ids"] found["rootfs.layers"]
      if (layers !~ /sha256:/) exit
      print layers
      n = split("architecture config.entrypoint config.cmd config.env config.labels", name, " ")
      for (i = 1; i <= n; i++) print name[i], found[name[i]]
    }')
  [ -z "$said" ] || printf '%s\n' "$said" | sha256sum | cut -c 1-64
EOF
}

# image_script: the text of a script for `sh -c`, here or on a node, with the container command and the name or id of an image. Prints
# "ID IDENTITY"; nothing if there is no such image; ends with 2 and the reason if the engine does not say
image_script() {
  echo 'identity() {'
  identity_script
  echo '}'
  cat <<'EOF'
  # `images` does not know every spelling of a name, and `inspect` does not tell an absent image from an engine that is down.
  id=$("$1" inspect --type image -f "{{.Id}}" "$2" 2>/dev/null) || id=$("$1" images -q --no-trunc "$2" 2>/dev/null | sed -n 1p)
  if [ -z "$id" ]; then
    said=$("$1" images -q --no-trunc "$2" 2>&1) && exit 0
    echo "$1 does not say whether it has the image $2: $said"
    exit 2
  fi
  echo "sha256:${id#sha256:} $("$1" inspect --type image "$id" 2>/dev/null | identity)" # podman leaves the first word out
EOF
}

# image_facts DOCKER NAME: the same of an image here
image_facts() { sh -c "$(image_script)" omsup "$1" "$2"; }

# image_id DOCKER NAME: its id here; nothing if there is none
image_id() {
  image_said=$(image_facts "$1" "$2") || {
    echo "$image_said" >&2
    return 2
  }
  echo "${image_said%% *}"
}

# same_image FACTS IDENTITY [ID]: whether an image with these facts is certainly the one with this identity, or with this id
same_image() {
  if [ -n "$2" ] && [ "${1#* }" = "$2" ]; then return 0; fi
  [ -n "${3-}" ] && [ "${1%% *}" = "$3" ]
}

# archive_begins BYTES...: whether the archive begins with one of these, two bytes in hexadecimal
archive_begins() {
  begins_with=$(od -An -tx1 -N2 "$IMAGE_ARCHIVE" 2>/dev/null | tr -d ' ')
  for begins; do [ "$begins" != "$begins_with" ] || return 0; done
  return 1
}

# archive_packed: whether it is compressed (gzip, bzip2, xz, zstd)
archive_packed() { archive_begins 1f8b 425a fd37 28b5; }

# archive_texts: each file of a compressed archive that may be JSON, as a line NAME<tab>TEXT. It is unpacked once for all of them: which of
# them tell of the image is known only when the first has been read
archive_texts() {
  # the variables are tar's, of each file
  small='[ "$TAR_SIZE" -gt 1048576 ] || { printf "%s\t" "${TAR_FILENAME#./}"; tr -d "\n\r\000"; echo; }'
  # not every tar unpacks gzip unasked
  if archive_begins 1f8b; then
    gzip -dc <"$IMAGE_ARCHIVE" 2>/dev/null | tar -xf - --to-command "$small" 2>/dev/null || :
  else
    tar -xf "$IMAGE_ARCHIVE" --to-command "$small" 2>/dev/null || :
  fi | LC_ALL=C awk -F '\t' '$2 ~ /^ *[[{]/ && (kept += length($0)) < 8388608'
}

# archive_files NAME...: the content of those of them that it has; nothing if it cannot be read. archive_held may have what archive_texts printed
archive_files() {
  if [ -n "${archive_held-}" ]; then
    for file; do printf '%s\n' "$archive_held" | file="$file" LC_ALL=C awk '{ at = index($0, "\t") } substr($0, 1, at - 1) == ENVIRON["file"] { print substr($0, at + 1) }'; done
    return
  fi
  for file; do
    shift
    set -- "$@" "$file" "./$file"
  done
  if archive_begins 1f8b; then gzip -dc <"$IMAGE_ARCHIVE" 2>/dev/null | tar -xOf - "$@" 2>/dev/null || :; else tar -xOf "$IMAGE_ARCHIVE" "$@" 2>/dev/null || :; fi
}

# names_blob IMAGE: reads the lines of json_script of manifest.json or an index, and prints the file of the archive that has the image's
# configuration or manifest: the one with its name, whatever registry is in front of it, or the only one of an index. Of the manifests of
# several architectures none is chosen
names_blob() {
  awk -v image="$1" '
    function short(name) { gsub(/"/, "", name); sub(/^docker\.io\//, "", name); sub(/^library\//, "", name); sub(/^localhost\//, "", name); return name }
    function blob(digest) { gsub(/"/, "", digest); sub(/:/, "/", digest); return "blobs/" digest }
    {
      at = index($0, "\t")
      path = substr($0, 1, at - 1)
      v = substr($0, at + 1)
      split(path, part, ".")
    }
    path ~ /^[0-9]+\.config$/ { config[part[1]] = v }
    path ~ /^[0-9]+\.repotags\.[0-9]+$/ && short(v) == short(image) { named = part[1] }
    path ~ /^manifests\.[0-9]+\.digest$/ { digest[part[2]] = v }
    path ~ /^manifests\.[0-9]+\.platform\.os$/ && v == "\"unknown\"" { of_build[part[2]] = 1 }
    path ~ /^manifests\.[0-9]+\.annotations\.(io\.containerd\.image\.name|org\.opencontainers\.image\.ref\.name)$/ && short(v) == short(image) { right = part[2] }
    path == "config.digest" { only = v }
    END {
      if (named != "") { v = config[named]; gsub(/"/, "", v); print v; exit }
      if (right == "") for (i in digest) if (!(i in of_build)) { right = i; n++ }
      if (right != "" && n < 2) { print blob(digest[right]); exit }
      if (only != "") print blob(only)
    }'
}

# archive_first: the file that manifest.json or index.json names for the new image; empty when the archive does not contain it
archive_first() { archive_files manifest.json index.json | sh -c "$(json_script)" | names_blob "$IMAGE"; }

# archive_config: the configuration of the new image, from the archive of docker save or podman save, of any age; empty when the
# archive does not contain the image, or cannot be read
archive_config() {
  archive_blob=$(archive_first)
  # From manifest.json it is the configuration; an index leads there by a manifest, or by another index.
  archive_left=3
  while [ -n "$archive_blob" ] && [ "$archive_left" -gt 0 ]; do
    archive_left=$((archive_left - 1))
    archive_text=$(archive_files "$archive_blob")
    archive_blob=
    case $archive_text in
      *'"rootfs"'*) printf '%s\n' "$archive_text"; return 0 ;;
      *'"config"'* | *'"manifests"'*) archive_blob=$(printf '%s\n' "$archive_text" | sh -c "$(json_script)" | names_blob "$IMAGE") ;;
    esac
  done
}

# archive_look: reads in the archive what the new image is, and sets archive_id (its id according to the file that the archive names first:
# the digest of the configuration, or of the manifest), archive_identity and archive_architecture, each empty if the archive does not tell
archive_look() {
  archive_held=
  # Without --to-command, it is unpacked for each file.
  if archive_packed && tar --help 2>&1 | grep -q -e --to-command; then archive_held=$(archive_texts); fi
  archive_id=$(archive_first | sed -n 's/^\(blobs\/sha256\/\)\{0,1\}\([0-9a-f]\{64\}\).*/sha256:\2/p')
  archive_said=$(archive_config)
  archive_held=
  archive_identity=$(printf '%s\n' "$archive_said" | sh -c "$(identity_script)")
  archive_architecture=$(printf '%s\n' "$archive_said" | sh -c "$(json_script)" | sed -n 's/^architecture	"\([a-z0-9]*\)"$/\1/p')
}

# archive_stamp: what cannot stay the same when the archive is replaced or written to; nothing if there is none
archive_stamp() {
  archive_is=$(TZ=UTC0 stat -L -c '%d %i %s %y %z' -- "$IMAGE_ARCHIVE" 2>/dev/null) || return 0
  printf '%s\n' "$archive_is" | sha256sum | cut -c 1-64
}

# archive_recall PREFIX: sets the same from the facts PREFIX.*, which the check of the archive has recorded together with the stamp from before
# its look; 1, and sets nothing, if there are none, or if the archive has changed since
archive_recall() {
  archive_told() { printf '%s\n' "$OMSUP_FACTS" | awk -v name="$1" '$1 == name { sub(/^[^ ]* ?/, ""); print }'; }
  archive_then=$(archive_told "$1.stamp")
  if [ -z "$archive_then" ] || [ "$archive_then" != "$(archive_stamp)" ]; then return 1; fi
  archive_id=$(archive_told "$1.archive_id")
  archive_identity=$(archive_told "$1.identity")
  archive_architecture=$(archive_told "$1.architecture")
}

# loading_kib SIZE: what docker load may need for an archive of so many bytes: it unpacks it and keeps a temporary copy. How large a
# compressed one is unpacked is not known without unpacking it; programs shrink to about a third.
loading_kib() { if archive_packed; then echo $(($1 * 3 * 2 / 1024)); else echo $(($1 * 2 / 1024)); fi; }
