#!/usr/bin/env bash
# Brings docker-compose.yml up for real, on a machine without Docker, and plays a gym through it.
# Needs root, Debian and the compose lab: its folder in COMPOSE_LAB, or beside the repository in
# shared/compose-lab. Skips with the reason when there is none, unless BACKSTRIDE_TEST_REQUIRE names
# compose. Works on a copy of this checkout, so that nobody's secrets and .env are touched.
# --keep leaves everything running at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
started=$SECONDS

skip() {
    echo "test-compose skipped: $1"
    [[ ,${BACKSTRIDE_TEST_REQUIRE:-}, != *,compose,* ]] || exit 1
    exit 0
}
stage() { printf '%4ds  %s\n' "$((SECONDS - started))" "$*"; }

lab=${COMPOSE_LAB:-}
[[ -n $lab ]] || for lab in ../shared/compose-lab ../compose-lab; do [[ ! -x $lab/pod ]] || break; done
[[ -x $lab/pod ]] || skip "there is no compose lab; say COMPOSE_LAB=<its folder>"
((EUID == 0)) || skip "the compose lab needs root"
lab=$(cd "$lab" && pwd)
cache=${BACKSTRIDE_CACHE:-$HOME/.cache/backstride}
export KAFKA_LIBS=$cache/kafka-$(<tests/servers/kafka.version)/libs
export INFLUXD=$cache/influxdb-$(<tests/servers/influxdb.version)/influxd
[[ -d $KAFKA_LIBS ]] || skip "Kafka is not installed; make kafka does it"
[[ -x $INFLUXD ]] || skip "InfluxDB is not built; make influxdb does it"

# podman's networks need it, and Debian's podman does not ask for it.
if ! command -v iptables >/dev/null; then
    apt-get update --quiet=2
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends iptables >/dev/null
fi

stage "the lab"
"$lab/pod" setup >/dev/null 2>&1
image() { # image <stand-in> <name>: the stand-in under the name that our files use
    "$lab/pod" podman image exists "$2" || "$lab/pod" podman tag "$1" "$2"
}
for name in caddy mosquitto prometheus; do
    "$lab/pod" podman image exists "localhost/stand-in-$name" || "$lab/pod" podman build --quiet \
        --network=host --tag "localhost/stand-in-$name" "tests/e2e/stand-ins/$name" >/dev/null
done
# named <file> <pattern>: the image that a file of ours names
named() { grep -ohE "docker\.io/$2:[A-Za-z0-9._-]+" "$1" | head -1; }
image docker.io/library/python:3.11-slim "$(named services/ingest/Dockerfile library/python)"
image docker.io/library/influxdb:2.7 "$(named docker-compose.yml library/influxdb)"
image docker.io/library/postgres:17 "$(named docker-compose.yml library/postgres)"
image localhost/stand-in-mosquitto "$(named docker-compose.yml library/eclipse-mosquitto)"
image localhost/stand-in-prometheus "$(named docker-compose.yml prom/prometheus)"
image localhost/stand-in-caddy "$(named infra/caddy/Dockerfile library/caddy)"

work=$(mktemp -d)
export LAB_PODMAN_COMPOSE=${PODMAN_COMPOSE:-${POD_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/compose-lab}/venv/bin/podman-compose}
export PODMAN_COMPOSE=$root/tests/e2e/stand-ins/podman/podman-compose
export COMPOSE_PROJECT_NAME=backstride-e2e POD_WAIT_TRIES=240
compose() { (cd "$work" && nice "$lab/pod" compose "$@" 2>>"$work/compose.log"); }

end() {
    status=$?
    if ((status)); then
        "$lab/pod" podman ps --all --format '{{.Names}} {{.Status}}' --filter "name=$COMPOSE_PROJECT_NAME" || true
        echo "--- the end of $work/compose.log"
        tail -20 "$work/compose.log" || true
    fi
    if [[ ${1:-} != --keep ]]; then
        compose --profile simulator --profile metrics down --volumes >/dev/null || true
        ((status)) || rm -rf "$work"
    fi
    exit "$status"
}
trap 'end "$@"' EXIT

stage "a copy of the checkout in $work, with secrets of its own"
git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done \
    | tar --create --null --files-from=- | tar --extract --directory "$work"
# below those that the system gives to outgoing connections, which other tests make meanwhile
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
cat >"$work/.env" <<ENV
GYM_SIMULATED_ID=scripted
GYM_HTTPS_PORT=$(free_port)
GYM_HTTP_PORT=$(free_port)
GYM_MQTT_PORT=$(free_port)
ENV
echo "e2e/treadmill-01" >"$work/treadmills.txt"
"$work/infra/make_secrets.sh" localhost 127.0.0.1 >/dev/null

stage "images"
compose build >/dev/null

stage "a gym"
# Inside the lab as a whole: each call of `pod` writes its own helpers anew, which no two may do at
# a time.
nice "$lab/pod" exec "$root/.venv/bin/python" -m tests.e2e.compose_gym --folder "$work"
stage "passed"
