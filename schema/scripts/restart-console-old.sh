#!/bin/sh
# Restarts the console of the old container. It is not documented whether a running console notices a change of the
# HA configuration that was not made through it.
# uses: console, harmless

harmlessly restart_console "$OLD_ID"
