#!/bin/sh
# Space on disks.

# free_kib PATH: the free space of its disk, in KiB
free_kib() { df -Pk -- "$1" | awk 'NR == 2 { print $4 }'; }
