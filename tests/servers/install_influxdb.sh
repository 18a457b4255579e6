#!/usr/bin/env bash
# Puts InfluxDB's server into the cache, once per version, and prints the path of the program.
# Builds it from its Go module, whose own go.mod and go.sum pin everything: there is no Debian package
# and no container here. Takes about 4 minutes on two cores, 132 MB.
# Needs Go 1.23, Rust 1.72 (Flux's parser is written in it), clang and protoc.
set -euo pipefail

version=$(<"$(dirname "${BASH_SOURCE[0]}")/influxdb.version")
folder="${BACKSTRIDE_CACHE:-$HOME/.cache/backstride}/influxdb-$version"
program="$folder/influxd"

if [[ -x "$program" ]]; then
    echo "$program"
    exit 0
fi

declare -A from=(
    [go]="Go 1.23 or newer; Debian 13 has it as golang, older ones in backports"
    [cargo]="Rust 1.72 or newer, best by rustup; Debian 13 has it as cargo"
    [clang]="Debian's package clang"
    [protoc]="Debian's package protobuf-compiler"
    [pkg-config]="Debian's package pkg-config"
)
for needed in go cargo clang protoc pkg-config; do
    command -v "$needed" >/dev/null || {
        echo "install_influxdb: $needed is not on PATH; it comes with ${from[$needed]}" >&2
        exit 1
    }
done
# at_least <name> <found> <wanted>
at_least() {
    [[ "$(printf '%s\n' "$2" "$3" | sort --version-sort | head -n 1)" == "$3" ]] || {
        echo "install_influxdb: $1 is $2; needed is ${from[$1]}" >&2
        exit 1
    }
}
# Flux asks for one exact Rust by its rust-toolchain file; the newest stable one builds it as well.
export RUSTUP_TOOLCHAIN="${RUSTUP_TOOLCHAIN:-stable}"
at_least go "$(go env GOVERSION | sed 's/^go//')" 1.23
at_least cargo "$(cargo --version | cut -d ' ' -f 2)" 1.72

mkdir -p "$folder"
work=$(mktemp -d "$folder/installing.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "install_influxdb: fetching InfluxDB $version" >&2
mkdir "$work/bin" "$work/fetch"
cat >"$work/fetch/go.mod" <<GOMOD
module backstride/influxdb-for-tests
GOMOD
fetched=$(cd "$work/fetch" && go mod download -json "github.com/influxdata/influxdb/v2@v$version" |
    sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
# The module cache is read-only; inside a copy its go.mod is the main one, with its replacements.
cp -r "$fetched" "$work/influxdb"
chmod -R u+w "$work/influxdb"

# Newer compilers warn of what Flux's crates deny; a warning shall not end the build.
cat >"$work/bin/rustc-warning-only" <<'WRAPPER'
#!/bin/sh
exec "$@" --cap-lints warn
WRAPPER
chmod +x "$work/bin/rustc-warning-only"

cd "$work/influxdb"
# This stand-in for pkg-config builds Flux's library by cargo when cgo asks for it.
go build -o "$work/bin/pkg-config" github.com/influxdata/pkg-config
echo "install_influxdb: building influxd, some minutes" >&2
PATH="$work/bin:$PATH" RUSTC_WRAPPER="$work/bin/rustc-warning-only" CC=clang CXX=clang++ \
    go build -tags sqlite_foreign_keys,sqlite_json -ldflags "-s -w -X main.version=v$version" \
    -o "$work/influxd" ./cmd/influxd >&2
# The rename is the last step, so that a program found there is always a whole one.
mv "$work/influxd" "$program"
echo "$program"
