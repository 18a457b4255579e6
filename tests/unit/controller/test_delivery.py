import hashlib
from itertools import pairwise

import pytest

from backstride_controller.domain.delivery import (
    LIVE_INTERVAL_MS,
    PATIENCE_FIRST_MS,
    PATIENCE_MOST_MS,
    WINDOW_READINGS,
    Batch,
    Delivery,
    Position,
    SetAside,
    Split,
)

_BOOT = 1000


def _at(seq: int, boot_id: int = _BOOT) -> Position:
    return Position(boot_id, seq)


def _rows(first: int, last: int, boot_id: int = _BOOT) -> list[Position]:
    return [_at(seq, boot_id) for seq in range(first, last + 1)]


def _send(delivery: Delivery, rows: list[Position], now_ms: int = 0) -> Batch | None:
    """Offer the rows of an outbox as a courier does."""
    limit = delivery.rows_wanted(rows[-1] if rows else None, now_ms)
    if not limit:
        return None
    sent = delivery.sent_up_to
    offered = [row for row in rows if sent is None or row > sent][:limit]
    return delivery.next_batch(offered, now_ms)


def _send_all(delivery: Delivery, rows: list[Position], now_ms: int = 0) -> list[Batch]:
    batches = []
    while batch := _send(delivery, rows, now_ms):
        batches.append(batch)
    return batches


def _connected() -> Delivery:
    delivery = Delivery()
    delivery.connect(0)
    return delivery


def test_nothing_is_sent_without_a_connection() -> None:
    delivery = Delivery()
    assert _send(delivery, _rows(1, 3)) is None

    delivery.connect(0)
    assert _send(delivery, _rows(1, 3)) is not None
    delivery.disconnect()
    assert _send(delivery, _rows(1, 9), 5000) is None


def test_live_readings_go_out_in_one_message_a_second() -> None:
    delivery = _connected()
    sent_at_ms = [
        now_ms
        for now_ms in range(0, 5001, 250)
        if _send(delivery, _rows(1, 1 + now_ms // 250), now_ms)
    ]

    assert sent_at_ms == [0, 1000, 2000, 3000, 4000, 5000]


def test_a_late_pass_does_not_shift_the_beat() -> None:
    delivery = _connected()
    passes_ms = [0, 1100, 2000, 3050, 3900, 4000]
    sent_at_ms = [
        now_ms
        for index, now_ms in enumerate(passes_ms)
        if _send(delivery, _rows(1, index + 1), now_ms)
    ]

    assert sent_at_ms == [0, 1100, 2000, 3050, 4000]


def test_a_backlog_goes_out_at_once_in_messages_of_500() -> None:
    delivery = _connected()
    rows = _rows(1, 14_400)

    # an hour of 4 Hz in 29 messages; what is not a full one is as good as live
    assert [batch.size for batch in _send_all(delivery, rows)] == [500] * 28
    assert [batch.size for batch in _send_all(delivery, rows, 1000)] == [400]


def test_each_message_tells_what_stands_before_it() -> None:
    batches = _send_all(_connected(), _rows(1, 1500))

    assert [(batch.first, batch.after) for batch in batches] == [
        (_at(1), None),
        (_at(501), _at(500)),
        (_at(1001), _at(1000)),
    ]


def test_old_boots_go_first_and_no_message_holds_two() -> None:
    rows = [*_rows(1, 3, boot_id=7), *_rows(1, 2, boot_id=9)]
    batches = _send_all(_connected(), rows)

    assert [(batch.first, batch.last, batch.after) for batch in batches] == [
        (_at(1, 7), _at(3, 7), None),
    ]

    delivery = _connected()
    first = _send(delivery, rows, 0)
    second = _send(delivery, rows, 1000)
    assert first is not None
    assert second is not None
    assert (second.first, second.after) == (_at(1, 9), _at(3, 7))


def test_at_most_the_window_is_on_its_way() -> None:
    delivery = _connected()
    rows = _rows(1, WINDOW_READINGS + 5000)

    assert sum(batch.size for batch in _send_all(delivery, rows)) == WINDOW_READINGS
    assert delivery.in_flight == WINDOW_READINGS

    delivery.store(_at(1000), 10)
    assert sum(batch.size for batch in _send_all(delivery, rows, 10)) == 1000


def test_what_is_not_stored_is_sent_again_after_a_reconnect() -> None:
    delivery = _connected()
    rows = _rows(1, 40)
    _send_all(delivery, rows)
    delivery.store(_at(10), 100)
    delivery.disconnect()
    delivery.connect(2000)

    batch = _send(delivery, rows[10:], 2000)

    assert batch is not None
    assert (batch.first, batch.last, batch.after) == (_at(11), _at(40), None)
    assert delivery.resent_count == 30


def test_without_progress_everything_is_sent_again_with_growing_patience() -> None:
    delivery = _connected()
    rows = _rows(1, 4)
    sent_at_ms = [now for now in range(0, 3_000_000, 1000) if _send(delivery, rows, now)]

    waits_ms = [after - before for before, after in pairwise(sent_at_ms)]
    assert waits_ms[:6] == [30_000, 60_000, 120_000, 240_000, 480_000, 600_000]
    assert max(waits_ms) == PATIENCE_MOST_MS


def test_progress_brings_patience_back_to_its_beginning() -> None:
    delivery = _connected()
    rows = _rows(1, 4)
    _send_all(delivery, rows)
    assert _send(delivery, rows, PATIENCE_FIRST_MS) is not None
    delivery.store(_at(2), 40_000)

    assert _send(delivery, rows[2:], 40_000 + PATIENCE_FIRST_MS - 1) is None
    assert _send(delivery, rows[2:], 40_000 + PATIENCE_FIRST_MS) is not None


def test_an_idle_device_resends_nothing() -> None:
    delivery = _connected()
    rows = _rows(1, 4)
    _send_all(delivery, rows)
    delivery.store(_at(4), 10)

    assert _send(delivery, rows, 1_000_000) is None
    fresh = _send(delivery, _rows(5, 6), 1_000_000)
    assert fresh is not None
    # the time of idleness is no lack of progress
    assert _send(delivery, _rows(5, 6), 1_000_000 + LIVE_INTERVAL_MS) is None


def test_an_older_stored_changes_nothing() -> None:
    delivery = _connected()
    assert delivery.store(_at(10), 0)
    assert not delivery.store(_at(10), 0)
    assert not delivery.store(_at(9), 0)
    assert not delivery.store(_at(99, boot_id=_BOOT - 1), 0)
    assert delivery.stored == _at(10)


def test_nothing_reaches_across_a_break() -> None:
    delivery = _connected()
    delivery.break_before(_at(6))

    assert [batch.size for batch in _send_all(delivery, _rows(1, 505))] == [5, 500]


def test_a_refused_message_goes_out_again_in_halves() -> None:
    delivery = _connected()
    rows = _rows(1, 8)
    batch = _send(delivery, rows)
    assert batch is not None
    digest = hashlib.sha256(b"refused").digest()
    delivery.remember(digest, batch)

    assert delivery.refuse(digest) == Split(_at(1))
    delivery.resume_after(None)

    again = [_send(delivery, rows, now_ms) for now_ms in (1000, 2000)]
    assert [each and (each.first, each.last, each.after) for each in again] == [
        (_at(1), _at(4), None),
        (_at(5), _at(8), _at(4)),
    ]


def test_a_reading_refused_alone_is_set_aside() -> None:
    delivery = _connected()
    batch = _send(delivery, _rows(1, 1))
    assert batch is not None
    delivery.remember(b"digest", batch)

    assert delivery.refuse(b"digest") == SetAside(_at(1))


@pytest.mark.parametrize("digest", [b"never sent", b"stored meanwhile", b"split already"])
def test_a_refusal_that_does_not_concern_us_changes_nothing(digest: bytes) -> None:
    delivery = _connected()
    batch = _send(delivery, _rows(1, 4))
    assert batch is not None
    if digest == b"stored meanwhile":
        delivery.remember(digest, batch)
        delivery.store(_at(4), 0)
    if digest == b"split already":
        delivery.remember(digest, batch)
        delivery.remember(b"its twin", batch)
        assert delivery.refuse(b"its twin") == Split(_at(1))

    assert delivery.refuse(digest) is None


def test_messages_behind_a_refused_one_are_sent_again_too() -> None:
    delivery = _connected()
    rows = _rows(1, 12)
    first = _send(delivery, rows[:4], 0)
    second = _send(delivery, rows[:8], 1000)
    third = _send(delivery, rows, 2000)
    assert first is not None
    assert second is not None
    assert third is not None
    delivery.remember(b"second", second)
    assert delivery.refuse(b"second") == Split(_at(5))

    delivery.resume_after(_at(4))
    again = [_send(delivery, rows, now_ms) for now_ms in (3000, 4000)]

    assert [each and (each.first, each.last, each.after) for each in again] == [
        (_at(5), _at(6), _at(4)),
        (_at(7), _at(12), _at(6)),
    ]
    assert delivery.in_flight >= 12
