from backstride_gateway.domain.records import records_of
from backstride_gateway.domain.sessions import SessionRecord
from tests.factories.session_records import session_record


def test_each_record_names_the_session_that_holds_it() -> None:
    short = session_record("short", 1_000, duration_s=600, backward_s=300)
    long = session_record("long", 9_000, duration_s=1800)

    found = {one.kind: (one.value, one.session.session_id) for one in records_of([long, short])}

    assert found["longest-session-s"] == (1800.0, "long")
    assert found["most-backward-s"] == (300.0, "short")
    assert found["fastest-backward-m-per-s"] == (0.9, "short")
    assert found["most-direction-changes"] == (1.0, "short")


def test_what_was_never_done_has_no_record() -> None:
    kinds = {one.kind for one in records_of([session_record("s", 0)])}

    assert "longest-session-s" in kinds
    assert not {kind for kind in kinds if "backward" in kind}
    assert records_of([]) == []


def test_who_was_first_holds_a_record_until_it_is_beaten() -> None:
    first, again = session_record("first", 1_000), session_record("again", 9_000)
    better = session_record("better", 20_000, duration_s=601)

    def holder(*sessions: SessionRecord) -> str:
        return records_of(sessions)[0].session.session_id

    assert holder(again, first) == "first"
    assert holder(better, again, first) == "better"
