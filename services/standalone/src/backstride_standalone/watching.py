"""Looks at the running platform about once a second and shows it."""

import asyncio
import contextlib
import time
from collections import deque
from typing import Final

from backstride_standalone.domain.figures import Figures, figures_from, settled
from backstride_standalone.domain.picture import Picture
from backstride_standalone.ports import Screen, StatusBoard, Telemetry
from backstride_standalone.supervision import Supervision

LOOK_EVERY_S: Final = 1.0
SETTLED_LOOKS: Final = 4
"""The recorder counts its points twice a second, a busy machine later."""


class Watching:
    """Gathers figures and live treadmills, for the screen and for the gateway's page."""

    def __init__(
        self,
        supervision: Supervision,
        telemetry: Telemetry,
        screen: Screen,
        board: StatusBoard,
    ) -> None:
        self._supervision = supervision
        self._telemetry = telemetry
        self._screen = screen
        self._board = board
        self._looks: deque[Figures] = deque(maxlen=SETTLED_LOOKS)
        self._last = Picture(supervision.views())

    async def run(self) -> None:
        """Look and show until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def show_end(self) -> None:
        """Show what was logged last, and that every program has ended."""
        self._supervision.report_logs()
        self._screen.show(Picture(self._supervision.views(), self._last.figures))

    async def look(self) -> None:
        """Look once and show it."""
        self._supervision.report_logs()
        self._last = picture = await asyncio.to_thread(self._picture)
        self._screen.show(picture)
        with contextlib.suppress(OSError):  # the page then shows older figures; the run goes on
            self._board.write(picture, time.time_ns() // 1_000_000)

    def _picture(self) -> Picture:
        # the controller first: see `figures_from`
        controller = self._telemetry.controller_metrics()
        recorder = self._telemetry.recorder_metrics()
        if figures := figures_from(controller, recorder):
            self._looks.append(figures)
        return Picture(
            self._supervision.views(),
            # while a program starts again, what was known stays in sight
            settled(self._looks, SETTLED_LOOKS) if self._looks else None,
            tuple(self._telemetry.treadmills()),
        )
