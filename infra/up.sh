#!/usr/bin/env bash
# Builds and starts the platform of docker-compose.yml, and waits until everything is healthy.
#   infra/up.sh [--profile simulator] [--profile metrics]
# COMPOSE="podman compose" names another program than docker compose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
read -ra compose <<<"${COMPOSE:-docker compose}"

accounts=secrets/mosquitto/dynamic-security.json
before=$(cksum <"$accounts")
is_first_start=$([[ -s $accounts ]] || echo yes)
"${compose[@]}" "$@" up --detach --build --wait
# The broker reads its accounts when it starts; treadmills keep their readings meanwhile.
[[ $is_first_start || $before == "$(cksum <"$accounts")" ]] || "${compose[@]}" restart mosquitto

chosen() { sed -n "s/^$1=//p" .env | tail -1; }
site=$(chosen GYM_SITE) port=$(chosen GYM_HTTPS_PORT) grafana=$(chosen GYM_GRAFANA_PORT)
address="https://${site:-localhost}"
[[ ${port:-443} == 443 ]] || address+=":$port"
cat <<TEXT
Backstride runs at $address
The first visitor needs the code in secrets/set-up-code; Grafana is at http://localhost:${grafana:-3000},
user admin, password in secrets/grafana-admin.
TEXT
