"""Telegraf draining the same messages: what a user would pick instead of our chain.

QoS 1 from a persistent session, a calorie model in Starlark, one InfluxDB bucket; see
`telegraf.conf` and `telegraf_model.star`.
"""

import subprocess
from pathlib import Path
from string import Template
from typing import Final

from bench.drain import Drained, publish, watch
from bench.load import Load
from bench.servers import Servers
from bench.stores import InfluxOfRun
from tests.servers.finding import cache_folder, fresh_name
from tests.waiting import wait_until

TELEGRAF: Final = "Telegraf"
_NAME: Final = "telegraf"
_HERE: Final = Path(__file__).parent
_STOP_WITHIN_S: Final = 15.0
_SUBSCRIBED_WITHIN_S: Final = 15.0

PARSERS: Final = {
    "json": """
  data_format = "json"
  json_query = "readings"
  json_time_key = "measured_at_ms"
  json_time_format = "unix_ms"
  json_string_fields = ["direction"]
""",
    "json_v2": """
  data_format = "json_v2"
  [[inputs.mqtt_consumer.json_v2]]
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "readings"
      timestamp_key = "measured_at_ms"
      timestamp_format = "unix_ms"
""",
}
PARSER: Final = "json"
"""The quicker of Telegraf's JSON parsers."""


def installed_telegraf() -> Path | None:
    """Return the program that `bench/install_telegraf.sh` puts into the cache, if it is there."""
    version = (_HERE / "telegraf.version").read_text(encoding="ascii").strip()
    program = cache_folder() / f"telegraf-{version}" / "telegraf"
    return program if program.is_file() else None


def drain_telegraf(servers: Servers, load: Load, program: Path, parser: str = PARSER) -> Drained:
    """Let Telegraf drain the load into a bucket of its own.

    Raises:
        ValueError: when the servers have no InfluxDB.

    """
    if servers.influxdb is None:
        raise ValueError("Telegraf writes to InfluxDB only")
    series = InfluxOfRun(servers.influxdb.address)
    name = fresh_name("telegraf")
    configuration = servers.folder / f"{name}.conf"
    template = Template((_HERE / "telegraf.conf").read_text(encoding="utf-8"))
    configuration.write_text(
        template.substitute(
            mqtt_host=servers.mqtt.host,
            mqtt_port=servers.mqtt.port,
            topic_root=name,
            client_id=name,
            parser=PARSERS[parser],
            model=(_HERE / "telegraf_model.star").read_text(encoding="utf-8"),
            influxdb_url=series.bucket.url,
            token=series.bucket.token,
            org=series.bucket.org,
            bucket=series.bucket.bucket,
        ),
        encoding="utf-8",
    )
    with (servers.folder / f"{name}.log").open("ab") as log:

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [str(program), "--config", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

        # its session stays at the broker and takes what comes
        first = start()
        try:
            wait_until(
                lambda: servers.has_subscribed(f"{name}/+/+/readings"),
                what="Telegraf to subscribe",
                within_s=_SUBSCRIBED_WITHIN_S,
            )
        finally:
            first.terminate()
            first.wait(_STOP_WITHIN_S)
        publish(servers, load, name, lambda key: f"{name}/{key}/readings")
        second = start()
        try:
            drained = watch(servers, series, load, TELEGRAF, second.pid, {_NAME: second.pid})
        finally:
            second.terminate()
            second.wait(_STOP_WITHIN_S)
    return drained._replace(points_distinct=series.distinct())
