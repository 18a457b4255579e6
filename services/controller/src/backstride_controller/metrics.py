"""What the controller counts, for /metrics and for the line that `backstride run` shows."""

from prometheus_client import Counter, Gauge

MADE = Gauge(
    "backstride_controller_readings_made",
    "Readings made by all devices of this outbox since it exists, kept or not",
)
OUTBOX = Gauge(
    "backstride_controller_outbox_readings",
    "Readings in the outbox: not yet stored, and refused ones that were set aside",
)
SET_ASIDE = Gauge(
    "backstride_controller_readings_set_aside",
    "Readings which the platform refused; they lie apart in the outbox",
)
UNKEPT = Gauge(
    "backstride_controller_readings_unkept",
    "Readings that were made while the disk took none, and found no room in memory",
)
OUTBOX_IS_WRITABLE = Gauge(
    "backstride_controller_outbox_writable", "1 while the outbox takes readings"
)
LINKS_UP = Gauge("backstride_controller_links_up", "Treadmills connected to the broker")
PUBLISHED = Counter(
    "backstride_controller_messages_published_total", "Messages of readings handed to the broker"
)
SENT = Counter(
    "backstride_controller_readings_sent_total", "Readings in these messages, resent ones included"
)
RESENT = Counter("backstride_controller_readings_resent_total", "Readings sent again")
REFUSED = Counter(
    "backstride_controller_messages_refused_total", "Our messages which the platform refused"
)
CLAIMS = Counter(
    "backstride_controller_claims_published_total", "Claims which the gateway answered"
)
