#!/bin/bash
exec python3 -m omslab.console
