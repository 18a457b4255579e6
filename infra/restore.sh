#!/usr/bin/env bash
# Puts a backup of infra/backup.sh back, on this machine after `make wipe` or on a new one.
#   infra/restore.sh <folder>, then `make up`
# Images have to be there (docker compose build); volumes have to be empty.
# COMPOSE="podman compose" names another program than docker compose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# == 1)) || { echo "usage: $0 <folder>" >&2; exit 2; }
folder=$(cd "$1" && pwd)
read -ra compose <<<"${COMPOSE:-docker compose}"
[[ -f $folder/postgres.dump && -f $folder/influxdb.tar ]] || { echo "restore: no backup in $1" >&2; exit 1; }

# The stores know the passwords of that time.
tar --extract --file "$folder/secrets.tar"

"${compose[@]}" run --rm --no-deps -T --entrypoint sh influxdb -c \
    '[ -z "$(ls /var/lib/influxdb2)" ] || { echo "restore: influxdb has data; make wipe first" >&2; exit 1; }
     tar --extract --directory /var/lib/influxdb2' <"$folder/influxdb.tar"
"${compose[@]}" up --detach --no-deps postgres
for _ in $(seq 60); do
    "${compose[@]}" exec -T postgres pg_isready --quiet --username=backstride --dbname=backstride && break
    sleep 1
done
# One transaction: it fails, and changes nothing, where there are tables already.
"${compose[@]}" exec -T postgres pg_restore --username=backstride --dbname=backstride \
    --no-owner --no-privileges --single-transaction --exit-on-error <"$folder/postgres.dump"
echo "restored; now: make up"
