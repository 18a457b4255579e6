#!/usr/bin/env bash
# Puts Telegraf into the cache, once per version, and prints the path of the program: the bench runs
# it on the same messages, because it is what a user would pick instead.
# Built from its Go module with just the plug-ins that the bench needs; takes about half a minute.
set -euo pipefail

version=$(<"$(dirname "${BASH_SOURCE[0]}")/telegraf.version")
folder="${BACKSTRIDE_CACHE:-$HOME/.cache/backstride}/telegraf-$version"
program="$folder/telegraf"

if [[ -x "$program" ]]; then
    echo "$program"
    exit 0
fi
command -v go >/dev/null || { echo "install_telegraf: go is not on PATH" >&2; exit 1; }

mkdir -p "$folder"
work=$(mktemp -d "$folder/installing.XXXXXX")
trap 'rm -rf "$work"' EXIT
plugins=custom,inputs.mqtt_consumer,outputs.influxdb_v2,processors.starlark,parsers.json_v2,parsers.json
echo "install_telegraf: building Telegraf $version" >&2
GOBIN="$work" go install -tags "$plugins" "github.com/influxdata/telegraf/cmd/telegraf@v$version" >&2
# The rename is the last step, so that a program found there is always a whole one.
mv "$work/telegraf" "$program"
echo "$program"
