from hypothesis import given
from hypothesis import strategies as st

from backstride_controller.domain import wire
from backstride_controller.domain.delivery import Position
from backstride_shared.messages import (
    MAX_READINGS_PER_MESSAGE,
    Reading,
    json_encoder,
    readings_decoder,
)

_readings = st.lists(
    st.builds(
        Reading,
        seq=st.integers(1, 2**32 - 1),
        measured_at_ms=st.integers(0, 2**53),
        direction=st.sampled_from(["forward", "reverse"]),
        speed_m_per_s=st.floats(0, 8),
        heart_rate_bpm=st.one_of(st.none(), st.floats(25, 250)),
        hands=st.sampled_from([None, "free", "rest", "grip"]),
        is_emergency_stop=st.booleans(),
    ),
    min_size=1,
    max_size=20,
)
_positions = st.builds(Position, st.integers(0, 2**53), st.integers(1, 2**32 - 1))


@given(_readings, st.one_of(st.none(), _positions))
def test_what_is_sent_is_what_the_platform_reads(
    readings: list[Reading], after: Position | None
) -> None:
    payloads = [json_encoder.encode(reading) for reading in readings]
    message = readings_decoder.decode(wire.readings_message("device", 5, 6, after, payloads))

    assert message.readings == readings
    assert message.after == after
    assert (message.device_id, message.boot_id, message.sent_at_ms) == ("device", 5, 6)


def test_after_is_left_out_when_nothing_stands_before() -> None:
    payload = json_encoder.encode(
        Reading(seq=1, measured_at_ms=1, direction="forward", speed_m_per_s=0)
    )

    assert b"after" not in wire.readings_message("device", 5, 6, None, [payload])


def test_the_largest_message_stays_small_for_brokers() -> None:
    """Of 500 readings with every field: some brokers take no more than 256 KiB."""
    full = json_encoder.encode(
        Reading(
            seq=2**32 - 1,
            measured_at_ms=2**53,
            direction="forward",
            speed_m_per_s=7.123,
            grade_percent=-12.25,
            distance_m=123456.78,
            heart_rate_bpm=123.4,
            cadence_steps_per_min=123.4,
            is_present=False,
            hands="grip",
            is_emergency_stop=True,
        )
    )
    payloads = [full] * MAX_READINGS_PER_MESSAGE
    message = wire.readings_message("d" * 16, 2**53, 2**53, Position(1, 1), payloads)

    assert len(message) < 256 * 1024
