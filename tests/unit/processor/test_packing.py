from backstride_processor.domain.packing import MAX_RECORD_BYTES, pack
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_FRAME_READINGS,
    Checkpoint,
    EnergyItem,
    EnergyReading,
    EnergySegment,
    energy_decoder,
)


def _segment(first_seq: int, count: int) -> EnergySegment:
    readings = [
        EnergyReading(
            seq=seq,
            measured_at_ms=1_795_406_900_000 + seq,
            is_reverse=True,
            speed_m_per_s=1.2,
            grade_percent=-3.5,
            heart_rate_bpm=141.0,
            is_present=True,
            hands="grip",
            is_emergency_stop=False,
            gross_kcal_per_min=7.123456,
            net_kcal_per_min=5.654321,
            uncertainty_percent=9.5,
            flags=3,
            session_gross_kcal=123.456,
        )
        for seq in range(first_seq, first_seq + count)
    ]
    return EnergySegment("gym/treadmill", "device", 1, (0, first_seq + count), readings, None)


def _unpacked(records: list[bytes]) -> list[EnergyItem]:
    frames = [energy_decoder.decode(record) for record in records]
    assert {frame.version for frame in frames} <= {FRAME_VERSION}
    return [item for frame in frames for item in frame.items]


def test_items_that_fit_share_one_record_in_their_order() -> None:
    items: list[EnergyItem] = [
        _segment(1, 3),
        Checkpoint("gym/a", (0, 3), b"state"),
        _segment(4, 1),
    ]

    records = list(pack(items))

    assert len(records) == 1
    assert _unpacked(records) == items


def test_no_items_make_no_record() -> None:
    assert list(pack([])) == []


def test_records_stay_below_the_limit_and_keep_the_order() -> None:
    items: list[EnergyItem] = [_segment(1 + 50 * number, 50) for number in range(20)]

    records = list(pack(items, max_bytes=15_000))

    assert len(records) > 1
    assert max(map(len, records)) < 15_000 + 100
    assert _unpacked(records) == items


def test_a_segment_above_the_limit_is_cut_into_segments_of_fewer_readings() -> None:
    whole = _segment(1, 1_000)

    records = list(pack([whole], max_bytes=10_000))

    assert max(map(len, records)) < 10_000 + 100
    parts = _unpacked(records)
    assert all(isinstance(part, EnergySegment) for part in parts)
    assert [
        reading
        for part in parts
        if isinstance(part, EnergySegment)
        for reading in part.readings
    ] == whole.readings  # fmt: skip
    assert {part.revision for part in parts} == {whole.revision}


def test_a_whole_frame_of_readings_fits_into_one_record_uncut() -> None:
    assert len(list(pack([_segment(1, MAX_FRAME_READINGS)]))) == 1


def test_a_state_above_the_limit_goes_out_as_it_is() -> None:
    checkpoint = Checkpoint("gym/a", (0, 3), b"x" * (MAX_RECORD_BYTES + 1))

    assert _unpacked(list(pack([_segment(1, 1), checkpoint])))[1] == checkpoint
