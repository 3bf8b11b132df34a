#!/bin/sh
# PostgreSQL's image runs this on a new volume. It creates a role and a database for each program.
set -eu
database() {
  psql --set=ON_ERROR_STOP=1 --username postgres --set=name="$1" --set=password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

database portal "$PORTAL_DATABASE_PASSWORD"
database external_api "$API_DATABASE_PASSWORD"
