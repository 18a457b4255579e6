#!/usr/bin/env bash
# Puts Apache Kafka's jars into the cache, once per version, and prints the folder that holds them.
# Needs Java 17 and Maven; no container, no archive: Maven Central has the server as a library.
set -euo pipefail

version=$(<"$(dirname "${BASH_SOURCE[0]}")/kafka.version")
folder="${BACKSTRIDE_CACHE:-$HOME/.cache/backstride}/kafka-$version"

if [[ -d "$folder/libs" ]]; then
    echo "$folder"
    exit 0
fi
for program in java mvn; do
    command -v "$program" >/dev/null || { echo "install_kafka: $program is not on PATH" >&2; exit 1; }
done

mkdir -p "$folder"
work=$(mktemp -d "$folder/installing.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>backstride</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
echo "install_kafka: fetching Kafka $version by Maven" >&2
mvn --batch-mode --quiet --file "$work/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$work/libs" >&2
# The rename is the last step, so that a libs folder is always a whole one.
[[ -d "$folder/libs" ]] || mv "$work/libs" "$folder/libs"
echo "$folder"
