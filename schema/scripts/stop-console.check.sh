#!/bin/sh
# Yes if the console is stopped; cannot tell if supervisord does not answer.
# uses: supervisor

status=$(supervisor "$NEW_CONTAINER" oms_console)
echo "omsup: evidence $status"
in_state "$status" oms_console '[A-Z]+' || exit 2
# In FATAL and EXITED it is not running either, and supervisord does not start it by itself.
in_state "$status" oms_console '(STOPPED|FATAL|EXITED)'
