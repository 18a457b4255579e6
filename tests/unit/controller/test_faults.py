from random import Random

import pytest

from backstride_controller.domain.faults import (
    PRESETS,
    Fault,
    FaultRates,
    Faults,
    UnknownPresetError,
    rates_of,
)


def _happening(faults: Faults, hours: float) -> list[tuple[float, Fault]]:
    seconds = map(float, range(round(hours * 3600)))
    return [(second, fault) for second in seconds if (fault := faults.due(second))]


def test_faults_come_about_as_often_as_asked() -> None:
    rates = FaultRates(dropouts_per_hour=10, reboots_per_hour=2)

    seen = _happening(Faults(rates, Random(1), start_s=0), hours=50)

    kinds = [fault.kind for _, fault in seen]
    assert 400 < kinds.count("dropout") < 600
    assert 70 < kinds.count("reboot") < 130
    assert "outage" not in kinds


def test_the_same_seed_gives_the_same_faults() -> None:
    seen = [
        _happening(Faults(PRESETS["rough"], Random(seed), start_s=0), hours=5) for seed in (1, 1, 2)
    ]

    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_outages_last_minutes_and_dropouts_seconds() -> None:
    rates = FaultRates(dropouts_per_hour=5, outages_per_hour=5)

    seen = _happening(Faults(rates, Random(1), start_s=0), hours=20)

    assert all(fault.lasts_s >= 60 for _, fault in seen if fault.kind == "outage")
    assert all(fault.lasts_s <= 10 for _, fault in seen if fault.kind == "dropout")


def test_without_faults_nothing_goes_wrong() -> None:
    faults = Faults(PRESETS["none"], Random(1), start_s=0)

    assert _happening(faults, hours=2) == []
    assert not any(faults.is_doubled() for _ in range(1000))
    assert faults.delay_s() == 0.0


def test_messages_are_doubled_and_delayed_as_asked() -> None:
    faults = Faults(FaultRates(duplicates=0.2, jitter_s=3), Random(1), start_s=0)

    assert 150 < sum(faults.is_doubled() for _ in range(1000)) < 250
    delays = [faults.delay_s() for _ in range(1000)]
    assert max(delays) <= 3
    assert max(delays) > 2.5


def test_single_rates_override_a_preset() -> None:
    rates = rates_of("rough", dropouts_per_hour=1.5, jitter_s=None)

    assert rates.dropouts_per_hour == 1.5
    assert rates.jitter_s == PRESETS["rough"].jitter_s


def test_an_unknown_preset_is_refused_with_those_known() -> None:
    with pytest.raises(UnknownPresetError, match="none, gym, rough"):
        rates_of("storm")
