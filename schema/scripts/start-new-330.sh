#!/bin/sh
# Starts the new container without IS_UPGRADE, which came with V3.3.1. All binds of the old container are passed on
# unchanged.
# uses: old-untouched, fact-of, new-container, harmless

said=$(sh -c "$(old_untouched_script)" omsup "$DOCKER" "$OLD_ID" "$(fact_of "old.$NODE.stopped")") || {
  echo "$said"
  exit 1
}
require_image "$(fact_of "image.$NODE.id")"
remove_earlier
harmlessly run_new "$(fact_of "image.$NODE.id")"
