"""The processor's metrics."""

from prometheus_client import Counter, Gauge, Histogram

FRAMES = Counter("backstride_processor_frames", "Records of treadmill-events.v1 that were taken")
READINGS = Counter(
    "backstride_processor_readings", "Readings in them, by what became of each", ["outcome"]
)
ACCEPTED_READINGS = READINGS.labels("accepted")
DUPLICATE_READINGS = READINGS.labels("duplicate")
GAP_READINGS = Counter(
    "backstride_processor_gap_readings", "Readings whose numbers were skipped and never came"
)
MESSAGES_AHEAD = Counter(
    "backstride_processor_messages_ahead", "Messages dropped until the one before them comes again"
)
ALERTS = Counter("backstride_processor_alerts", "Safety alerts and their ends", ["kind", "change"])
DEAD_LETTERS = Counter("backstride_processor_dead_letters", "Records and events set aside")
EXPIRED_FRAMES = Counter(
    "backstride_processor_expired_frames", "Records that expired before they were processed"
)
BATCH_FRAMES = Histogram(
    "backstride_processor_batch_frames",
    "Frames folded together",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
FOLD_SECONDS = Histogram("backstride_processor_fold_seconds", "Decoding and folding of one batch")
CHECKPOINT_SECONDS = Histogram(
    "backstride_processor_checkpoint_seconds", "Writing states and committing offsets"
)
LAG_FRAMES = Gauge(
    "backstride_processor_lag_frames", "Records not yet processed, by partition", ["partition"]
)
