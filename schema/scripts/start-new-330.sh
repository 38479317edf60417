#!/bin/sh
# Starts the new container without IS_UPGRADE, which came with V3.3.1. All binds of the old container are passed on
# unchanged.
# uses: new-container

require_old_stopped
remove_earlier
run_new
