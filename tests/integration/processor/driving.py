"""Drives the real processor program: feeds it frames, restarts it, reads what it makes of them."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from confluent_kafka import Consumer, Producer, TopicPartition

from backstride_shared.frames import (
    FRAME_VERSION,
    Checkpoint,
    DeadLetter,
    EnergySegment,
    EventsFrame,
    FrameReading,
    ReadingsEvent,
    dead_letter_decoder,
    encoder,
    energy_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.store.migrate import migrate
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from tests.servers.finding import HOST, free_port, fresh_name
from tests.servers.kafka import KafkaAddress
from tests.waiting import wait_until

START_MS: Final = 1_795_406_909_699
BOOT_ID: Final = START_MS
STEP_MS: Final = 250
_LAG_OF_PARTITION: Final = re.compile(
    r'^backstride_processor_lag_frames\{partition="(\d+)"', re.MULTILINE
)
_READY_WITHIN_S: Final = 40.0
_LEAVES_WITHIN_S: Final = 10.0


def treadmill_of_each_partition() -> list[TreadmillKey]:
    """Return one treadmill for every partition, so that each restart concerns all of them."""
    found: dict[int, TreadmillKey] = {}
    number = 0
    while len(found) < PARTITION_COUNT:
        number += 1
        treadmill = TreadmillKey(f"gym/treadmill-{number:02}")
        found.setdefault(partition_of(treadmill, PARTITION_COUNT), treadmill)
    return [found[partition] for partition in range(PARTITION_COUNT)]


def create_topics(kafka: KafkaAddress) -> None:
    """Create what an operator creates: every topic, and the compacted changelog."""
    for topic in KafkaTopic:
        kafka.create_topic(topic, partitions=PARTITION_COUNT)
    kafka.create_topic(
        CHANGELOG_TOPIC, partitions=PARTITION_COUNT, config={"cleanup.policy": "compact"}
    )


class ProcessorProgram:
    """The program as a child process, with a store of its own."""

    def __init__(
        self,
        bootstrap_servers: str,
        folder: Path,
        *,
        is_embedded: bool = False,
        command: Sequence[str] = ("-m", "backstride_processor"),
        database: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.database = database or folder / "backstride.db"
        self.database_url = f"sqlite:///{self.database}"
        self.log = folder / f"{fresh_name('processor')}.log"
        self._command = [sys.executable, *command]
        self._port = free_port()
        self._environment = {
            **os.environ,
            "BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
            "BACKSTRIDE_KAFKA__IS_EMBEDDED": str(is_embedded),
            "BACKSTRIDE_DATABASE__URL": self.database_url,
            "BACKSTRIDE_TELEMETRY__HOST": HOST,
            "BACKSTRIDE_TELEMETRY__PORT": str(self._port),
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def migrate(self) -> None:
        """Do what the supervisor does before the programs start."""
        migrate(self.database_url)

    def spawn(self) -> None:
        """Start the program without waiting for anything."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.PIPE, stderr=log
            )

    def start(self) -> None:
        """Start the program and wait until it says that it is ready."""
        self.spawn()
        wait_until(
            self.readiness,
            what=f"the processor to become ready ({self.log})",
            within_s=_READY_WITHIN_S,
            holds=lambda answer: '"ready"' in answer,
        )

    def readiness(self) -> str:
        """Return what /readyz answers."""
        return self._get("/readyz")

    def metric(self, name: str) -> float:
        """Return a metric's value, 0.0 while it cannot be read."""
        for line in self._get("/metrics").splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        return 0.0

    def partitions(self) -> set[int]:
        """Return the partitions that the program answers for; empty while it does not run."""
        if self._process is None:
            return set()
        return {int(one) for one in _LAG_OF_PARTITION.findall(self._get("/metrics"))}

    @property
    def process_id(self) -> int:
        """The id of the running program."""
        assert self._process is not None
        return self._process.pid

    def terminate(self) -> int:
        """Send SIGTERM as an operator does; return the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self.wait(_LEAVES_WITHIN_S)

    def wait(self, within_s: float) -> int:
        """Return the exit status; fails when the program is still there after `within_s`."""
        assert self._process is not None
        status = self._process.wait(within_s)
        self._forget()
        return status

    def close_input(self) -> None:
        """Do what the death of a supervisor does."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """End the program at once, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _get(self, path: str) -> str:
        if self._process is not None and (status := self._process.poll()) is not None:
            raise AssertionError(
                f"the processor ended with status {status}: {self.log.read_text()[-3000:]}"
            )
        try:
            with urlopen(f"http://{HOST}:{self._port}{path}", timeout=2) as answer:
                return str(answer.read().decode())
        except URLError as error:
            # 503 carries what the program waits for
            return error.read().decode() if hasattr(error, "read") else str(error)
        except OSError as error:
            return str(error)


class Feeder:
    """Appends frames for its treadmills, at a steady rate in a thread or on demand."""

    def __init__(self, bootstrap_servers: str, treadmills: Sequence[TreadmillKey]) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap_servers, "acks": "all", "log_level": 0}
        )
        self.sent: dict[str, int] = dict.fromkeys(treadmills, 0)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, treadmill: str, count: int) -> None:
        """Append one frame with the treadmill's next `count` readings."""
        first = self.sent[treadmill] + 1
        self.sent[treadmill] += count
        readings = [
            FrameReading(seq, START_MS + seq * STEP_MS, is_reverse=False, speed_m_per_s=1.2)
            for seq in range(first, first + count)
        ]
        event = ReadingsEvent(treadmill, "device", BOOT_ID, START_MS, None, None, readings)
        self.send_raw(
            encoder.encode(EventsFrame(FRAME_VERSION, [event])),
            partition_of(TreadmillKey(treadmill), PARTITION_COUNT),
        )

    def send_raw(self, value: bytes, partition: int) -> None:
        """Append any bytes."""
        self._producer.produce(KafkaTopic.TREADMILL_EVENTS, value, partition=partition)
        self._producer.poll(0)

    def flush(self) -> None:
        """Return when the broker has everything."""
        assert self._producer.flush(20) == 0

    def start(self, *, frames_per_s: float, readings_per_frame: int) -> None:
        """Go on sending, one frame per treadmill in turn, until `stop`."""

        def work() -> None:
            pause_s = len(self.sent) / frames_per_s
            while not self._stop.wait(pause_s):
                for treadmill in self.sent:
                    self.send(treadmill, readings_per_frame)

        self._thread = threading.Thread(target=work, name="feeder")
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the broker has everything then."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()


@dataclass
class Seen:
    """What came out: how often each reading, checkpoints, the newest states, dead letters."""

    readings: dict[str, Counter[int]] = field(default_factory=dict)
    checkpoints: int = 0
    states: dict[str, bytes] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def distinct(self, treadmill: str) -> int:
        """Return how many different readings of a treadmill came out."""
        return len(self.readings.get(treadmill, ()))

    def total(self) -> int:
        """Return how many readings came out, repeated ones included."""
        return sum(count.total() for count in self.readings.values())

    def missing(self, sent: Mapping[str, int]) -> dict[str, list[int]]:
        """Return the numbers that were sent and never came out, per treadmill."""
        gone = {
            treadmill: [
                seq
                for seq in range(1, count + 1)
                if seq not in self.readings.get(treadmill, Counter())
            ]
            for treadmill, count in sent.items()
        }
        return {treadmill: numbers for treadmill, numbers in gone.items() if numbers}


class Results:
    """Reads `energy.v1` and `dead-letters.v1` from their beginning, without a group."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.seen = Seen()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": fresh_name("results"),
                "log_level": 0,
            }
        )
        self._consumer.assign(
            [
                TopicPartition(topic, partition, 0)
                for topic in (KafkaTopic.ENERGY, KafkaTopic.DEAD_LETTERS)
                for partition in range(PARTITION_COUNT)
            ]
        )

    def read(self) -> Seen:
        """Read what is there by now and return everything seen so far."""
        batch_size = 500
        is_more_there = True
        while is_more_there:
            batch = self._consumer.consume(batch_size, timeout=0.2)
            is_more_there = len(batch) == batch_size
            for message in batch:
                assert message.error() is None, message.error()
                self._take(message.topic() or "", message.value() or b"")
        return self.seen

    def close(self) -> None:
        """Give the connections back."""
        self._consumer.close()

    def _take(self, topic: str, value: bytes) -> None:
        if topic == KafkaTopic.DEAD_LETTERS:
            self.seen.dead_letters.append(dead_letter_decoder.decode(value))
            return
        for item in energy_decoder.decode(value).items:
            if isinstance(item, EnergySegment):
                counts = self.seen.readings.setdefault(item.treadmill, Counter())
                counts.update(reading.seq for reading in item.readings)
            elif isinstance(item, Checkpoint):
                self.seen.checkpoints += 1
                self.seen.states[item.treadmill] = item.state
