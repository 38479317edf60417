#!/bin/sh
# Stops the console, as the page says, before the upgrade package (.jar) changes the metadata.
# uses: harmless

harmlessly "$DOCKER" exec "$NEW_CONTAINER" supervisorctl stop oms_console
