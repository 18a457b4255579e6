"""Breaks a demonstration where its page asks for it, so that people see nothing being lost."""

import asyncio
from typing import Final

from backstride_standalone.ports import KillRequests
from backstride_standalone.supervision import Supervision

LOOK_EVERY_S: Final = 0.2


class Demonstration:
    """Kills one program whenever it is asked to; its supervisor starts it again."""

    def __init__(self, supervision: Supervision, requests: KillRequests, program: str) -> None:
        self._supervision = supervision
        self._requests = requests
        self._program = program

    async def run(self) -> None:
        """Look for requests until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Do what was asked since the last look."""
        if self._requests.take():
            self._supervision.kill(self._program)
