"""The commands of docs/api.md and docs/accounts.md, run as a reader would."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from backstride_gateway.domain.members import Profile
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.factories.session_records import session_record
from tests.integration.gateway.page_server import PageServer

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "api.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str, page: Path = PAGE) -> list[str]:
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for name, text in found if name == language]


def test_every_command_of_the_page_works_in_its_order() -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    desk = Desk()
    desk.add_member("m", profile=Profile(display_name="Ada", mass_kg=62.0))
    claim = desk.claiming.claim(TreadmillKey(TREADMILL), "m", None).claim
    desk.history.put(
        session_record("s", NOW_MS, claim_id=claim.claim_id, treadmill=TREADMILL, backward_s=300)
    )
    desk.history.put(
        session_record("s-over", NOW_MS - 86_400_000, claim_id=claim.claim_id, treadmill=TREADMILL)
    )
    desk.on_export_request = desk.exporting.work
    server = PageServer(desk)
    server.start()
    try:
        server.call(lambda: desk.move(60, -0.9))
        script = "set -eu\n" + "".join(blocks("sh"))
        script = script.replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr
    assert "event: picture" in done.stdout
    assert "not 2 ×" in done.stdout
    (shown,) = blocks("json")
    assert json.dumps(json.loads(shown)["detail"]) in done.stdout


def test_an_owner_and_a_member_come_in_by_the_commands_of_the_page(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    desk = Desk(is_demo=False)
    code = desk.joining.open_set_up(None)
    server = PageServer(desk)
    server.start()
    try:
        script = f"set -eu\nSET_UP_CODE={code}\n" + "".join(blocks("sh", DOCS / "accounts.md"))
        script = script.replace("http://127.0.0.1:8080", server.url)
        done = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr
    assert len(desk.claims.rows) == 1
    assert "urn:backstride:problem:too-many-attempts" in done.stdout
