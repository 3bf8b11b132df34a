#!/bin/sh
# Run by nginx's image before it starts: the sample of deploy/nginx, with containers for machines.
set -eu
samples=${1:-/samples/nginx} to=${2:-/etc/nginx}
mkdir -p "$to/snippets"
sed -e 's/10\.0\.0\.11:8000/portal:8000/' -e 's/10\.0\.0\.11:8001/external-api:8001/' -e '/10\.0\.0\.12/d' \
  "$samples/pipelines-portal.conf" >"$to/conf.d/default.conf"
# What containers say is read from their output.
sed -e 's|/var/log/nginx/pipelines-portal.log|/dev/stdout|' \
  "$samples/snippets/pipelines-portal.conf" >"$to/snippets/pipelines-portal.conf"
