#!/bin/sh
# Architectures of images and nodes.

# other_architecture IMAGE_ARCHITECTURE MACHINE: says so if an image of the first cannot run on the second (as uname -m names it); an
# unknown one of either can
other_architecture() {
  case $2 in
    x86_64 | amd64) machine=amd64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) return 1 ;;
  esac
  case $1 in "$machine") return 1 ;; amd64 | arm64 | 386 | arm | ppc64le | s390x | riscv64 | loong64) ;; *) return 1 ;; esac
  echo "the image is for $1, but $NODE is $machine: its programs would not start (exec format error)"
}
