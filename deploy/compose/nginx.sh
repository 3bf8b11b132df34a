#!/bin/sh
# nginx's image runs this before it starts. It adapts the sample of deploy/nginx to the containers.
set -eu
samples=${1:-/samples/nginx} to=${2:-/etc/nginx}
mkdir -p "$to/snippets"
sed -e 's/10\.0\.0\.11:8000/portal:8000/' -e 's/10\.0\.0\.11:8001/external-api:8001/' -e '/10\.0\.0\.12/d' \
  "$samples/pipelines-portal.conf" >"$to/conf.d/default.conf"
# Containers log to standard output.
sed -e 's|/var/log/nginx/pipelines-portal.log|/dev/stdout|' \
  "$samples/snippets/pipelines-portal.conf" >"$to/snippets/pipelines-portal.conf"
