#!/bin/bash
# Stand-in for OMS's metadata initialisation. Like the real one it logs to the mounted logs.
rm -f /root/init_flag.txt
exec python3 -m omslab.init
