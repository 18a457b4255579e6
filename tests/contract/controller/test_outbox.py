"""What every outbox promises: the fake that component tests use, and SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backstride_controller.adapters.sqlite_outbox import SqliteOutbox
from backstride_controller.domain.delivery import Position
from backstride_controller.ports import Box, Outbox
from backstride_shared.identity import TreadmillKey
from tests.fakes.controller_ports import InMemoryOutbox

_ONE = TreadmillKey("gym/treadmill-01")
_OTHER = TreadmillKey("gym/treadmill-02")


@pytest.fixture(params=["in memory", "sqlite"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    made: dict[str, Callable[[], Outbox]] = {
        "in memory": InMemoryOutbox,
        "sqlite": lambda: SqliteOutbox(tmp_path),
    }
    opened = made[request.param]()
    yield opened
    opened.close()


def _keep(outbox: Outbox, box: Box, boot_id: int, *seqs: int) -> None:
    for seq in seqs:
        outbox.keep(box, Position(boot_id, seq), b'{"seq":%d}' % seq)


def _positions(outbox: Outbox, box: Box, after: Position | None = None) -> list[tuple[int, int]]:
    return [(*row.position,) for row in outbox.read_after(box, after, 100)]


def test_a_box_keeps_its_device_id(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)

    assert outbox.open_box(_ONE).device_id == box.device_id
    assert outbox.open_box(_OTHER).device_id != box.device_id
    assert (box.last_boot_id, box.history_until_ms) == (0, 0)


def test_readings_are_there_from_the_commit_on(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)
    _keep(outbox, box, 5, 1, 2)
    assert _positions(outbox, box) == []
    assert outbox.newest(box) is None

    outbox.commit()

    assert outbox.read_after(box, None, 1)[0].payload == b'{"seq":1}'
    assert _positions(outbox, box) == [(5, 1), (5, 2)]
    assert outbox.newest(box) == (5, 2)
    assert outbox.waiting(box) == 2


def test_old_boots_come_first(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)
    _keep(outbox, box, 5, 1, 2)
    _keep(outbox, box, 9, 1)
    outbox.commit()

    assert _positions(outbox, box) == [(5, 1), (5, 2), (9, 1)]
    assert _positions(outbox, box, after=Position(5, 1)) == [(5, 2), (9, 1)]
    assert [row.position for row in outbox.read_after(box, None, 2)] == [(5, 1), (5, 2)]
    assert outbox.before(box, Position(9, 1)) == (5, 2)
    assert outbox.before(box, Position(5, 1)) is None


def test_what_is_stored_goes_and_the_rest_stays(outbox: Outbox) -> None:
    box, other = outbox.open_box(_ONE), outbox.open_box(_OTHER)
    _keep(outbox, box, 5, 1, 2, 3)
    _keep(outbox, box, 9, 1, 2)
    _keep(outbox, other, 5, 1)
    outbox.commit()

    outbox.prune(box, Position(9, 1))
    outbox.commit()

    assert _positions(outbox, box) == [(9, 2)]
    assert outbox.newest(box) == (9, 2)
    assert _positions(outbox, other) == [(5, 1)]
    assert (outbox.waiting(box), outbox.waiting(other)) == (1, 1)


def test_totals_count_over_all_boxes(outbox: Outbox) -> None:
    box, other = outbox.open_box(_ONE), outbox.open_box(_OTHER)
    _keep(outbox, box, 5, 1, 2, 3)
    _keep(outbox, other, 5, 1)
    outbox.commit()
    outbox.prune(box, Position(5, 2))
    outbox.commit()

    assert outbox.totals() == (4, 2, 0, 0)


def test_boots_and_history_are_remembered(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)
    outbox.boot(box, 1234)
    outbox.mark_history(box, 99)
    outbox.commit()

    again = outbox.open_box(_ONE)
    assert (again.last_boot_id, again.history_until_ms) == (1234, 99)


def test_claims_stay_in_order_until_the_broker_has_them(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)
    outbox.keep_claim(box, Position(5, 1), b"claim")
    outbox.keep_claim(box, Position(5, 9), b"release")
    assert outbox.claims(box) == []
    outbox.commit()

    claims = outbox.claims(box)
    assert [(claim.before, claim.payload) for claim in claims] == [
        ((5, 1), b"claim"),
        ((5, 9), b"release"),
    ]
    outbox.drop_claim(claims[0].number)
    outbox.commit()
    assert [claim.payload for claim in outbox.claims(box)] == [b"release"]
    assert outbox.claims(outbox.open_box(_OTHER)) == []


def test_a_refused_reading_stands_apart(outbox: Outbox) -> None:
    box = outbox.open_box(_ONE)
    _keep(outbox, box, 5, 1, 2, 3)
    outbox.commit()

    outbox.set_aside(box, Position(5, 2), "no number")
    outbox.set_aside(box, Position(5, 2), "told twice")

    assert _positions(outbox, box) == [(5, 1), (5, 3)]
    assert outbox.before(box, Position(5, 3)) == (5, 1)
    assert outbox.totals() == (3, 2, 1, 0)


def test_a_commit_of_nothing_is_fine(outbox: Outbox) -> None:
    outbox.commit()

    assert outbox.totals() == (0, 0, 0, 0)
