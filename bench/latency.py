"""How long a reading takes from its publishing to a page that follows its treadmill live.

A gym of treadmills publishes single readings at a steady rate; pages follow some of them over the
gateway's live stream.  A message's latency ends with the first event that shows its reading or a
later one, as the page would.
"""

import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from http.client import HTTPConnection
from typing import Final, NamedTuple
from urllib.parse import quote

from backstride_shared.identity import TreadmillKey
from backstride_shared.topics import MqttKind, mqtt_topic
from bench.load import payload_of, treadmills_of
from bench.programs import whole_chain
from bench.publisher import Publisher
from bench.servers import Servers
from bench.usage import Usage
from tests.servers.finding import HOST, fresh_name
from tests.waiting import wait_until

TREADMILLS: Final = 100
FOLLOWED: Final = 10
_TICK_S: Final = 0.005
_WARM_UP_S: Final = 2.0
"""Left out: sessions begin, and the first event of a stream is the whole picture."""
_LAST_SHOWN_WITHIN_S: Final = 10.0
_STREAM_TIMEOUT_S: Final = 10.0


class Latency(NamedTuple):
    """Latencies of the messages of the treadmills that were followed."""

    messages_per_s: int
    messages_sent: int
    samples: int
    p50_ms: float
    p99_ms: float
    highest_ms: float
    others_percent: float
    cpu_percent: dict[str, float]
    highest_mib: dict[str, float]


class _Shown(NamedTuple):
    measured_at_ms: int
    shown_at_ms: int


class _Page:
    """Follows one treadmill, in a thread of its own."""

    def __init__(self, port: int, treadmill: TreadmillKey) -> None:
        self.treadmill = treadmill
        self.shown: list[_Shown] = []
        self._connection = HTTPConnection(HOST, port, timeout=_STREAM_TIMEOUT_S)
        self._connection.request("GET", f"/v1/live?treadmill={quote(treadmill, safe='')}")
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def latest_measured_at_ms(self) -> int:
        """Return the measured time of the reading that the page shows."""
        return self.shown[-1].measured_at_ms if self.shown else 0

    def _read(self) -> None:
        event = b""
        try:
            while line := self._answer.readline():
                if line.startswith(b"event:"):
                    event = line[6:].strip()
                elif line.startswith(b"data:") and event == b"treadmill":
                    shown_at_ms = time.time_ns() // 1_000_000
                    text = json.loads(line[5:])["last_reading_at"]
                    if text is not None:
                        at = datetime.fromisoformat(text).timestamp()
                        self.shown.append(_Shown(round(at * 1000), shown_at_ms))
        except OSError:
            return  # the gateway ends its streams when it stops


def measure_latency(servers: Servers, messages_per_s: int, seconds: float) -> Latency:
    """Return the latencies under a steady load."""
    name = fresh_name("live")
    series = servers.fresh_series()
    treadmills = treadmills_of(name, TREADMILLS)
    with whole_chain(servers, series.settings, name) as programs:
        pages = [_Page(programs.http_port, treadmill) for treadmill in treadmills[:FOLLOWED]]
        publish_steadily(servers, treadmills, messages_per_s, _WARM_UP_S, first_turn=0)
        usage = Usage({**programs.process_ids(), **servers.processes})
        began_s = time.monotonic()
        turns = round(messages_per_s * _WARM_UP_S) // len(treadmills)
        sent = publish_steadily(servers, treadmills, messages_per_s, seconds, first_turn=turns)
        took_s = time.monotonic() - began_s
        cpu_s = usage.cpu_s()
        others_percent = usage.others_percent()
        for page in pages:
            wait_until(
                page.latest_measured_at_ms,
                what=f"the last reading of {page.treadmill} on its page",
                within_s=_LAST_SHOWN_WITHIN_S,
                holds=lambda shown, last=sent[page.treadmill][-1]: shown >= last,  # type: ignore[misc]
            )
        # nothing of this run may be left in the log for the next one
        wait_until(
            series.taken,
            what="all points in the series",
            within_s=_LAST_SHOWN_WITHIN_S,
            holds=lambda taken: taken >= round(messages_per_s * _WARM_UP_S) + _count(sent),
        )
        latencies_ms = sorted(
            latency_ms
            for page in pages
            for latency_ms in _latencies_ms(sent[page.treadmill], page.shown)
        )
        return Latency(
            messages_per_s=round(_count(sent) / took_s),
            messages_sent=_count(sent),
            samples=len(latencies_ms),
            p50_ms=latencies_ms[len(latencies_ms) // 2],
            p99_ms=latencies_ms[len(latencies_ms) * 99 // 100],
            highest_ms=latencies_ms[-1],
            others_percent=others_percent,
            cpu_percent={name: 100 * used_s / took_s for name, used_s in cpu_s.items()},
            highest_mib=usage.highest_mib(),
        )


def publish_steadily(
    servers: Servers,
    treadmills: Sequence[TreadmillKey],
    messages_per_s: int,
    seconds: float,
    *,
    first_turn: int,
) -> dict[TreadmillKey, list[int]]:
    """Publish single readings for a while, the treadmills in turn.

    `first_turn` is how many each has sent before. Returns for each treadmill when its messages
    were sent, in ms; it is their readings' measured time.
    """
    rng = random.Random(2)
    sent: dict[TreadmillKey, list[int]] = {treadmill: [] for treadmill in treadmills}
    boot_id = 1
    number = first_turn * len(treadmills)
    with Publisher(servers.mqtt.host, servers.mqtt.port, fresh_name("bench")) as publisher:
        began_s = time.monotonic()
        end = number + round(messages_per_s * seconds)
        start = number
        while number < end:
            due = min(end, start + int((time.monotonic() - began_s) * messages_per_s))
            batch: list[tuple[str, bytes]] = []
            now_ms = time.time_ns() // 1_000_000
            for index in range(number, due):
                turn, which = divmod(index, len(treadmills))
                treadmill = treadmills[which]
                payload = payload_of(
                    rng,
                    device_number=which,
                    boot_id=boot_id,
                    first_seq=turn + 1,
                    count=1,
                    first_measured_at_ms=now_ms,
                )
                batch.append((mqtt_topic(treadmill, MqttKind.READINGS), payload))
                sent[treadmill].append(now_ms)
            publisher.publish(batch)
            number = due
            time.sleep(_TICK_S)
        publisher.wait()
    return sent


def _count(sent: Mapping[TreadmillKey, Sequence[int]]) -> int:
    return sum(map(len, sent.values()))


def _latencies_ms(sent_at_ms: Sequence[int], shown: Sequence[_Shown]) -> list[int]:
    """Return for each message how long it took until its reading or a later one was shown."""
    latencies: list[int] = []
    position = 0
    for at_ms in sent_at_ms:
        while shown[position].measured_at_ms < at_ms:
            position += 1
        latencies.append(shown[position].shown_at_ms - at_ms)
    return latencies
