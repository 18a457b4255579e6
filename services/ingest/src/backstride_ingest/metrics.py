"""What ingest counts; the README's table tells what to look at."""

from prometheus_client import Counter, Gauge

from backstride_ingest.domain.refusals import Reason

MESSAGES = Counter("backstride_ingest_messages_total", "MQTT messages received")
READINGS = Counter("backstride_ingest_readings_total", "Good readings handed to Kafka")
SKIPS = Counter("backstride_ingest_skips_total", "Refused readings that the log skips")
FRAMES = Counter("backstride_ingest_frames_total", "Frames handed to Kafka")
ACKNOWLEDGED = Counter(
    "backstride_ingest_acknowledged_total", "MQTT messages acknowledged after Kafka had them"
)
DEAD_LETTERS = Counter(
    "backstride_ingest_dead_letters_total", "Messages and readings set aside", ["reason"]
)
REFUSED = Counter("backstride_ingest_refused_total", "Answers on the topic refused")
SEND_FAILURES = Counter(
    "backstride_ingest_send_failures_total",
    "Times that Kafka failed and all unacknowledged messages were taken again",
)
KNOWN_TOPICS = Gauge("backstride_ingest_known_topics", "MQTT topics remembered, 10 000 at most")
IN_FLIGHT = Gauge("backstride_ingest_in_flight_messages", "MQTT messages that wait for Kafka")
IN_FLIGHT_LIMIT = Gauge(
    "backstride_ingest_in_flight_limit_messages", "Where ingest stops reading MQTT"
)
IN_FLIGHT_BYTES = Gauge("backstride_ingest_in_flight_bytes", "Bytes of records that Kafka lacks")
IN_FLIGHT_BYTES_LIMIT = Gauge(
    "backstride_ingest_in_flight_limit_bytes", "Where ingest stops reading MQTT"
)


def prepare_labels() -> None:
    """Show every label at zero from the start, so that a rate is right from the first event."""
    for reason in Reason:
        DEAD_LETTERS.labels(reason)
