import pytest

from backstride_controller.settings import ControllerSettings
from backstride_shared.settings import SettingsError, read_settings


def test_only_the_folder_of_the_outbox_must_be_given() -> None:
    settings = read_settings(ControllerSettings, {"BACKSTRIDE_OUTBOX_DIR": "outbox"})

    assert (settings.gym_id, settings.treadmills, settings.rate_hz) == ("demo", 4, 4.0)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            ControllerSettings,
            {
                "BACKSTRIDE_PROGRAMME": "hopping",
                "BACKSTRIDE_FAULTS": "storm",
                "BACKSTRIDE_HISTORY_DAYS": "9",
                "BACKSTRIDE_GYM_ID": "My Gym",
            },
        )

    told = "\n".join(caught.value.problems)
    for name in ("OUTBOX_DIR", "PROGRAMME", "FAULTS", "HISTORY_DAYS", "GYM_ID"):
        assert f"BACKSTRIDE_{name}" in told
    assert "heath-2001-01" in told
