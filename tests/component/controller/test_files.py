"""The log of readings made, and scripts."""

import json
from pathlib import Path

import pytest

from backstride_controller.adapters.json_script import ScriptError, read_script
from backstride_controller.adapters.jsonl_log import JsonlReadingLog
from backstride_controller.domain.delivery import Position
from backstride_controller.main import console_claims
from backstride_shared.identity import TreadmillKey
from tests.fakes.controller_ports import InMemoryOutbox


def _lines(path: Path) -> list[tuple[str, int, int]]:
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    return [(line["treadmill"], line["boot_id"], line["seq"]) for line in lines]


def test_a_line_has_the_reading_and_whose_it_is(tmp_path: Path) -> None:
    box = InMemoryOutbox().open_box(TreadmillKey("gym/treadmill-01"))
    log = JsonlReadingLog(tmp_path / "new" / "log.jsonl")
    log.write(box, Position(7, 1), b'{"seq":1,"speed_m_per_s":1.5}')
    log.close()

    assert json.loads((tmp_path / "new" / "log.jsonl").read_text()) == {
        "treadmill": "gym/treadmill-01",
        "device_id": box.device_id,
        "boot_id": 7,
        "seq": 1,
        "speed_m_per_s": 1.5,
    }


def test_what_a_killed_run_had_on_disk_but_not_in_the_log_is_added(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    outbox = InMemoryOutbox()
    box = outbox.open_box(TreadmillKey("gym/treadmill-01"))
    for seq in (3, 4, 5):
        outbox.keep(box, Position(7, seq), b'{"seq":%d}' % seq)
    outbox.commit()
    log = JsonlReadingLog(path)
    for seq in (2, 3):
        log.write(box, Position(7, seq), b'{"seq":%d}' % seq)
    log.close()
    with path.open("ab") as file:
        file.write(b'{"treadmill":"gym/tre')

    again = JsonlReadingLog(path)
    again.resume([box], outbox)
    again.close()

    assert [seq for _, _, seq in _lines(path)] == [2, 3, 4, 5]


def test_a_script_gives_segments_and_claims(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(
        json.dumps(
            {
                "treadmills": [
                    {
                        "treadmill_id": "treadmill-01",
                        "segments": [
                            {"duration_s": 60, "speed_m_per_s": 1.2, "direction": "reverse"},
                            {"duration_s": 30, "is_present": False},
                        ],
                        "claims": [
                            {"at_s": 50, "action": "release", "member_number": "1"},
                            {"at_s": 1, "action": "claim", "member_number": "1"},
                        ],
                    }
                ]
            }
        )
    )

    (treadmill,) = read_script(path).treadmills
    assert treadmill.duration_s == 90
    assert treadmill.segments[0].target_velocity_m_per_s == -1.2
    claim, release = console_claims(treadmill, "gym/treadmill-01", 1_000_000)
    assert (claim.action, claim.at_ms) == ("claim", 1_001_000)
    assert (release.action, release.at_ms) == ("release", 1_050_000)
    assert release.console_claim_id == claim.console_claim_id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "truncated"),
        ("{}", "treadmills"),
        ('{"treadmills": []}', "length >= 1"),
        ('{"treadmills": [{"treadmill_id": "T 1", "segments": []}]}', "treadmill_id"),
        ('{"treadmills": [{"treadmill_id": "t", "segments": [{"duration_s": 0}]}]}', "> 0"),
        ('{"treadmills": [{"treadmill_id": "t", "segments": [{"speed": 1}]}]}', "speed"),
    ],
)
def test_a_script_that_is_wrong_is_refused_with_the_place(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "script.json"
    path.write_text(text)

    with pytest.raises(ScriptError, match=words):
        read_script(path)


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot read"):
        read_script(tmp_path / "none.json")
