"""The scripts that the documents show are ones that `backstride simulate --script` takes."""

import re
from pathlib import Path

import pytest

from backstride_controller.adapters.json_script import read_script

ROOT = Path(__file__).parents[3]
_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("document", "treadmill_id"),
    [("docs/accounts.md", "one"), ("services/controller/README.md", "treadmill-01")],
)
def test_a_documented_script_can_be_read(document: str, treadmill_id: str, tmp_path: Path) -> None:
    shown = _BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    script = tmp_path / "script.json"
    script.write_text(next(text for text in shown if "segments" in text), encoding="utf-8")

    (treadmill,) = read_script(script).treadmills

    assert treadmill.treadmill_id == treadmill_id
    assert "reverse" in {segment.direction for segment in treadmill.segments}
