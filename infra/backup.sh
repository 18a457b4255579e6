#!/usr/bin/env bash
# Backs the platform up into a folder: sessions and members, readings, secrets.
#   infra/backup.sh <folder>
# Recorder and gateway rest meanwhile, so that rows and readings are of one moment; what treadmills
# send waits in Kafka. Keep the folder as you keep passwords: it holds all of them.
# COMPOSE="podman compose" names another program than docker compose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# == 1)) || { echo "usage: $0 <folder>" >&2; exit 2; }
folder=$1
read -ra compose <<<"${COMPOSE:-docker compose}"

umask 077
mkdir -p "$folder"
[[ ! -e $folder/postgres.dump ]] || { echo "backup: there is a backup in $folder already" >&2; exit 1; }

"${compose[@]}" stop recorder gateway
trap '"${compose[@]}" start influxdb recorder gateway' EXIT
"${compose[@]}" exec -T postgres pg_dump --username=backstride --format=custom --no-privileges \
    backstride >"$folder/postgres.dump.part"
"${compose[@]}" stop influxdb
"${compose[@]}" run --rm --no-deps -T --entrypoint tar influxdb \
    --create --directory /var/lib/influxdb2 . >"$folder/influxdb.tar"
tar --create --file "$folder/secrets.tar" secrets treadmills.txt .env
# Last, so that a folder with this file is a whole backup.
mv "$folder/postgres.dump.part" "$folder/postgres.dump"
echo "backed up into $folder"
