#!/bin/sh
# Names of images.

# image_as_planned TEXT: the text, in which the new image has the name that it has in the plan; podman writes an unqualified one in full
image_as_planned() {
  for prefix in localhost/ docker.io/library/ docker.io/; do
    case " $1 " in
      *" $prefix$IMAGE "*)
        printf '%s\n' "${1%%"$prefix$IMAGE"*}$IMAGE${1#*"$prefix$IMAGE"}"
        return
        ;;
    esac
  done
  printf '%s\n' "$1"
}
