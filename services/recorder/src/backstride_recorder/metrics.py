"""What the recorder counts and measures, for /metrics."""

from prometheus_client import Counter, Gauge, Histogram

_PREFIX = "backstride_recorder"
_WRITE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

RECORDS = Counter(f"{_PREFIX}_records_total", "Records of energy.v1 that are stored")
READINGS = Counter(f"{_PREFIX}_readings_total", "Readings written to the series, repeated included")
BATCH_BYTES = Gauge(f"{_PREFIX}_batch_bytes", "Bytes of the records taken at the last poll")
WRITE_SECONDS = Histogram(
    f"{_PREFIX}_write_seconds", "Seconds per write", ["store"], buckets=_WRITE_BUCKETS
)
STORE_WAITS = Counter(
    f"{_PREFIX}_store_waits_total", "Writes that had to be tried again, by what was away", ["store"]
)
LAG_RECORDS = Gauge(f"{_PREFIX}_lag_records", "Records of energy.v1 not yet taken")
MISSING_RECORDS = Counter(
    f"{_PREFIX}_missing_records_total", "Records of energy.v1 that the log lost before we read them"
)
LOST_LOG_STATES = Counter(
    f"{_PREFIX}_lost_log_states_total", "States left out, for the log they belong to is lost"
)
DEAD_LETTERS = Counter(f"{_PREFIX}_dead_letters_total", "Records that could not be read")
COMMIT_FAILURES = Counter(f"{_PREFIX}_commit_failures_total", "Offsets that Kafka did not take")
STORED_REPORTS = Counter(f"{_PREFIX}_stored_reports_total", "Messages `stored` given to MQTT")
STORED_REPORTS_WAITING = Gauge(
    f"{_PREFIX}_stored_reports_waiting", "Messages `stored` that the broker has not acknowledged"
)
REFOLDS = Counter(f"{_PREFIX}_refolds_total", "Refolds done")
REFOLD_SECONDS = Histogram(f"{_PREFIX}_refold_seconds", "Seconds per refold")
REFOLDS_DUE = Gauge(f"{_PREFIX}_refolds_due", "Treadmills whose sessions wait to be folded again")
ERASURES_DUE = Gauge(f"{_PREFIX}_erasures_due", "Erasures whose series is still to be deleted")
READINGS_DELETED = Gauge(f"{_PREFIX}_readings_deleted", "Readings that were erased in the series")
READINGS_ERASED = Gauge(
    f"{_PREFIX}_readings_erased", "Readings that came to what was erased, and went nowhere"
)
POINTS_DISTINCT = Gauge(f"{_PREFIX}_points_distinct", "Distinct readings in the series")
READINGS_ACCEPTED = Gauge(
    f"{_PREFIX}_readings_accepted", "Readings that the stored states have accepted"
)
READINGS_WITHOUT_OUTBOX = Gauge(
    f"{_PREFIX}_readings_without_outbox",
    "Readings accepted or refused of treadmills whose devices have no outbox",
)
READINGS_REFUSED = Gauge(
    f"{_PREFIX}_readings_refused", "Readings that ingest refused, by the stored states' marks"
)
