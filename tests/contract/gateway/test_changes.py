"""What an outbox of changes does, asked of the fake and of the SQL one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, insert

from backstride_gateway.adapters.sql_changes import SqlChanges
from backstride_gateway.change_ports import Changes
from backstride_gateway.domain.changes import ChangeRequest, CorrectedFields
from backstride_shared.store.schema import corrections
from tests.factories.databases import Database
from tests.factories.events import START_MS, TREADMILL, claim, correction
from tests.fakes.gateway_changes import InMemoryChanges


class Outbox(NamedTuple):
    changes: Changes
    settle: Callable[..., None]


@pytest.fixture
def outbox(fake_or_database: Database | None) -> Outbox:
    if fake_or_database is None:
        fake = InMemoryChanges()
        return Outbox(fake, fake.settle)
    recorders = fake_or_database.open_as("recorder")
    return Outbox(
        SqlChanges(fake_or_database.open_as("gateway")),
        lambda change_id, **what: settle(recorders, change_id, **what),
    )


def settle(engine: Engine, change_id: str, **what: Any) -> None:  # noqa: ANN401  columns
    with engine.begin() as connection:
        connection.execute(
            insert(corrections).values(
                correction_id=change_id,
                treadmill=TREADMILL,
                claim_id="of-ada",
                from_ms=0,
                to_ms=1,
                epoch=0,
                accepted_count=1,
                **what,
            )
        )


def change(number: int, session_id: str = "s") -> ChangeRequest:
    return ChangeRequest(
        change_id=f"change-{number}",
        session_id=session_id,
        claim_id="of-ada",
        member_id="ada",
        treadmill=TREADMILL,
        requested_at_ms=START_MS + number,
        fields=CorrectedFields(mass_kg=70.0 + number, hands="rest", ended_at_ms=START_MS),
        event=correction(claim("of-ada", 0), number, mass_kg=70.0 + number),
    )


def test_what_is_asked_for_is_read_as_it_was_written_in_its_order(outbox: Outbox) -> None:
    for number, session_id in ((2, "s"), (1, "s"), (3, "other")):
        outbox.changes.add(change(number, session_id))

    assert outbox.changes.of_session("s") == [change(1), change(2)]
    assert outbox.changes.undelivered(2) == [change(1), change(2)]


def test_what_a_stored_state_holds_is_not_sent_again(outbox: Outbox) -> None:
    outbox.changes.add(change(1))
    outbox.changes.add(change(2))

    outbox.changes.mark_stored(["change-1"])

    assert outbox.changes.undelivered(9) == [change(2)]
    assert [one.is_stored for one in outbox.changes.of_session("s")] == [True, False]


def test_what_became_of_it_is_what_the_recorder_says(outbox: Outbox) -> None:
    for number in (1, 2, 3):
        outbox.changes.add(change(number))

    outbox.settle("change-1", applied_at_ms=START_MS)
    outbox.settle("change-2", refused_reason="Too late.")

    found = outbox.changes.of_session("s")
    assert [one.status for one in found] == ["applied", "refused", "pending"]
    assert (found[0].applied_at_ms, found[1].refused_reason) == (START_MS, "Too late.")
