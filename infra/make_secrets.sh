#!/usr/bin/env bash
# Makes what docker-compose.yml needs and no repository holds: random passwords, certificates, .env.
# What is there already stays, so that it may run before every start.
#   infra/make_secrets.sh [host or address under which treadmills reach the MQTT broker]...
# Files are readable by all, because each program has a user of its own; the folder is readable by
# its owner alone, so that on this machine nobody else gets to them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v openssl >/dev/null || { echo "make_secrets: openssl is not on PATH" >&2; exit 1; }

umask 077
mkdir -p secrets
chmod 700 secrets
umask 022
# mounted into containers whose users are others
chmod -R a+rX infra
mkdir -p secrets/{database,influxdb,mosquitto,mqtt/programs,mqtt/treadmills,postgres}

# random <file>: 32 random bytes, of letters and digits only, so that they fit into a URL
random() {
    [[ -s secrets/$1 ]] || openssl rand -hex 32 >"secrets/$1"
}

for role in owner gateway processor recorder grafana; do random "postgres/$role"; done
for program in owner gateway processor recorder; do
    user=$program
    [[ $program != owner ]] || user=backstride
    printf 'postgresql://%s:%s@postgres:5432/backstride\n' "$user" \
        "$(<"secrets/postgres/$program")" >"secrets/database/$program"
done
for program in admin controller gateway ingest monitor recorder; do random "mqtt/programs/$program"; done
random influxdb-operator-token
random influxdb-operator-password
random grafana-admin
# Short enough to be typed by the owner, once.
[[ -s secrets/set-up-code ]] || openssl rand -hex 10 >secrets/set-up-code
# The set-up services fill them, and keep their mode.
touch secrets/influxdb/{gateway,grafana,recorder} secrets/mosquitto/dynamic-security.json

if [[ ! -f secrets/certificates/server.crt ]] || (($# > 0)); then
    hosts=("$@")
    ((${#hosts[@]})) || hosts=(localhost 127.0.0.1 mosquitto "$(hostname)" "$(hostname).local")
    infra/mosquitto/make_certificates.sh secrets/certificates "${hosts[@]}"
    # The authority's key stays the operator's; the broker's has to be read by the broker's user.
    chmod 755 secrets/certificates
    chmod 644 secrets/certificates/server.key
fi

if [[ ! -f treadmills.txt ]]; then
    cat >treadmills.txt <<'LIST'
# The treadmills that may connect, gym_id/treadmill_id, one per line.
# After a change: make up. Each one's password is then in secrets/mqtt/treadmills/.
LIST
fi

# set_up <variable> <value> <meaning>: adds a line to .env unless the variable is there
touch .env
set_up() {
    grep -q "^#\? \?$1=" .env || printf '# %s\n%s\n' "$3" "$2" >>.env
}
set_up GYM_OPERATOR "GYM_OPERATOR=$(id -u):$(id -g)" "Owner of secrets/; the set-up services run as this user"
set_up GYM_SITE "# GYM_SITE=localhost" "Name or address that phones open; a public name gets a public certificate"
set_up GYM_HTTPS_PORT "# GYM_HTTPS_PORT=443" "Published ports, and the address that each is published at"
set_up GYM_HTTP_PORT "# GYM_HTTP_PORT=80" "Only redirects to HTTPS, and answers a certificate authority"
set_up GYM_FRONT_ADDRESS "# GYM_FRONT_ADDRESS=0.0.0.0" "For the pages and the API"
set_up GYM_MQTT_PORT "# GYM_MQTT_PORT=8883" "For treadmills, by TLS"
set_up GYM_MQTT_ADDRESS "# GYM_MQTT_ADDRESS=0.0.0.0" "The same"
set_up GYM_GRAFANA_PORT "# GYM_GRAFANA_PORT=3000" "For operators, without TLS"
set_up GYM_GRAFANA_ADDRESS "# GYM_GRAFANA_ADDRESS=127.0.0.1" "Therefore on this machine alone"
set_up GYM_ALERT_WEBHOOK_URL "# GYM_ALERT_WEBHOOK_URL=https://chat.example/hook" "Where Grafana sends alerts"
set_up GYM_EXPORTS_MB "# GYM_EXPORTS_MB=2048" "What members' exports may take of the disk"
set_up GYM_SIMULATED_TREADMILLS "# GYM_SIMULATED_TREADMILLS=4" "With the profile simulator"
