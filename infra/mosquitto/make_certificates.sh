#!/usr/bin/env bash
# Makes a certificate authority and the broker's certificate, for gyms that have none of their own.
# make_certificates.sh <folder> <host or address that treadmills connect to>...
# Run again it renews the broker's certificate; the authority, which treadmills trust, stays.
set -euo pipefail

if (($# < 2)); then
    echo "usage: $0 <folder> <host or address>..." >&2
    exit 2
fi
folder=$1
shift
names=()
for host in "$@"; do
    if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then names+=("IP:$host"); else names+=("DNS:$host"); fi
done
alternatives=$(IFS=, && echo "${names[*]}")

umask 077
mkdir -p "$folder"
cd "$folder"
if [[ ! -f ca.key ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
        -keyout ca.key -out ca.crt -subj "/CN=Backstride MQTT authority" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        2>/dev/null
fi
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
    -keyout server.key -out server.csr -subj "/CN=Backstride MQTT broker" 2>/dev/null
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 \
    -out server.crt -extfile <(printf '%s\n' \
        "subjectAltName=$alternatives" \
        "basicConstraints=CA:FALSE" \
        "keyUsage=critical,digitalSignature" \
        "extendedKeyUsage=serverAuth") 2>/dev/null
rm server.csr
chmod 644 ca.crt server.crt
echo "$folder/ca.crt is for the treadmills; keep $folder/ca.key away from the broker"
