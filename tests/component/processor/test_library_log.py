import logging

import structlog

from backstride_processor.adapters.library_log import OnceInAWhile


def test_of_many_complaints_in_a_row_the_first_is_logged() -> None:
    handler = OnceInAWhile()
    complaint = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "away %s", ("again",), None)

    with structlog.testing.capture_logs() as lines:
        for _ in range(100):
            handler.emit(complaint)

    assert [(line["event"], line["remark"]) for line in lines] == [("Kafka client", "away again")]
