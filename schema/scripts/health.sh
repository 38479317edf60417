#!/bin/sh
# Asks the console, from inside the container, whether it is healthy. Only newer versions have this URL; a version
# without it answers 404 or with a page.
# uses: died, harmless
# shellcheck disable=SC2016

require_up "$NEW_CONTAINER"
answer=$("$DOCKER" exec "$NEW_CONTAINER" sh -c '
  if ! command -v curl >/dev/null; then echo; echo none; exit; fi
  port=$(sed -n "s/^[^#a-z]*nginx_server_port[^:]*:[^0-9]*\([0-9]\{1,5\}\).*/\1/p" /home/admin/conf/config.yaml | head -n 1)
  scheme=http
  if [ -e /etc/pki/nginx/oms_server.crt ]; then scheme=https; fi
  curl -ksS -m 10 --noproxy "*" -w "\n%{http_code}\n" "$scheme://127.0.0.1:${port:-8089}/oms/health"
' 2>&1 | harmless) || :
code=$(printf '%s\n' "$answer" | tail -n 1)
body=$(printf '%s\n' "$answer" | tr -d ' \n')
case $code in
  none) echo "omsup: evidence not checked: the container has no curl"; exit 0 ;;
  200 | 30? | 40?) ;;
  *) echo "omsup: evidence $answer"; exit 1 ;;
esac
case $body in
  *'"healthy":true'*) echo "omsup: evidence healthy" ;;
  *'"healthy"'*) echo "omsup: evidence $answer"; exit 1 ;;
  *) echo "omsup: evidence this version has no /oms/health (status $code)" ;;
esac
