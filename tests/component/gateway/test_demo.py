"""A demonstration may kill its processor; nobody else may kill anything."""

import dataclasses
from pathlib import Path

import httpx

from backstride_gateway.adapters.kill_request_file import KillRequestFile
from backstride_gateway.demo_ports import DemoFaults
from backstride_standalone.adapters.kill_request_file import KillRequestFile as Requests
from tests.component.gateway.desk import Desk
from tests.component.gateway.served import served


async def _ask(faults: DemoFaults | None) -> httpx.Response:
    services = dataclasses.replace(Desk().services, faults=faults)
    transport = served(services)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post("/v1/demo/kill-processor")


async def test_the_supervisor_takes_what_the_page_asked_for_once(tmp_path: Path) -> None:
    path = tmp_path / "kill-processor"
    requests = Requests(path)
    first = await _ask(KillRequestFile(path))
    await _ask(KillRequestFile(path))

    assert first.status_code == 202
    assert first.json() == {"program": "processor"}
    assert [requests.take(), requests.take()] == [True, False]


async def test_without_a_supervisor_there_is_no_such_thing() -> None:
    answer = await _ask(None)

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:backstride:problem:no-demonstration"


async def test_a_supervisor_that_cannot_be_asked_is_told(tmp_path: Path) -> None:
    answer = await _ask(KillRequestFile(tmp_path / "missing" / "file"))

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:backstride:problem:fault-unavailable"


def test_what_was_asked_of_an_earlier_run_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "kill-processor"
    path.touch()

    assert not Requests(path).take()
