#!/bin/sh
# Run by PostgreSQL's image when its volume is new: a role and a database for each program.
set -eu
for name in portal external_api; do
  psql --set=ON_ERROR_STOP=1 --username postgres --set=name="$name" --set=password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
SQL
done
