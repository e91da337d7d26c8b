#!/bin/sh
# Run once by the image of PostgreSQL, on its empty cluster: a role that owns the tables and one
# that only works with them. OWNER_PASSWORD and APP_PASSWORD come from secrets.env.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE fengong_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE fengong_app LOGIN PASSWORD :'app_password';
ALTER DATABASE fengong OWNER TO fengong_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE fengong_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fengong_app;
ALTER DEFAULT PRIVILEGES FOR ROLE fengong_owner
  GRANT USAGE, SELECT ON SEQUENCES TO fengong_app;
SQL
