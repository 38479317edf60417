#!/bin/sh
# Starts the new container. The page's docker run command is broken by a comment and two lines without a backslash;
# here all binds of the old container, including the certificate's if there is one, are passed on unchanged.
# uses: new-container

require_old_stopped
remove_earlier
run_new -e IS_UPGRADE=true
