#!/bin/sh
# Starts the new container. The page's docker run command is broken by a comment and two lines without a backslash;
# here all binds of the old container, including the certificate's if there is one, are passed on unchanged.
# uses: old-untouched, fact-of, new-container, harmless

said=$(sh -c "$(old_untouched_script)" omsup "$DOCKER" "$OLD_ID" "$(fact_of "old.$NODE.stopped")") || {
  echo "$said"
  exit 1
}
require_image "$(fact_of "image.$NODE.id")"
remove_earlier
harmlessly run_new "$(fact_of "image.$NODE.id")" -e IS_UPGRADE=true
