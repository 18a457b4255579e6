"""What Faust and aiokafka log, made bearable.

While the broker is away aiokafka complains twenty times a second; Faust remarks on every ordinary
rebalance, and what makes it crash is logged once more, in full, by `main`.
"""

import logging
import time
from typing import Final

import structlog

log = structlog.get_logger()

SPEAKS_AGAIN_AFTER_S: Final = 10.0


def quieten_libraries() -> None:
    """Let aiokafka's errors through once in a while, and nothing of Faust's."""
    # Faust logs for a subclass of ours under our module's name
    for name in ("faust", "mode", "backstride_processor"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    kafka = logging.getLogger("aiokafka")
    kafka.setLevel(logging.ERROR)
    kafka.propagate = False
    kafka.handlers[:] = [OnceInAWhile()]


class OnceInAWhile(logging.Handler):
    """Logs the first of many records, and how many of them were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._spoke_at_s = -SPEAKS_AGAIN_AFTER_S
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line, unless the last one was a moment ago."""
        now_s = time.monotonic()
        if now_s - self._spoke_at_s < SPEAKS_AGAIN_AFTER_S:
            self._left_out += 1
            return
        log.warning("Kafka client", remark=record.getMessage(), left_out=self._left_out)
        self._spoke_at_s = now_s
        self._left_out = 0
