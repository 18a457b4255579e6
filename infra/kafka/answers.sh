#!/bin/bash
# Health check of the broker: asks which versions of the protocol it speaks (ApiVersions, version 0)
# and wants its answer to that very question. Starting Java for it would cost a second of CPU.
set -euo pipefail
exec 3<>"/dev/tcp/${1:-127.0.0.1}/${2:-9092}"
# length 10, API key 18, version 0, correlation id 1, no client id
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff' >&3
# after the length: the correlation id, error code 0
answer=$(head -c 10 <&3 | tail -c 6 | od -An -tx1 | tr -d ' \n')
[[ $answer == 000000010000 ]]
