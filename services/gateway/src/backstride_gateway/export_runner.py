"""Makes exports beside the server, in a thread, one after the other."""

import asyncio
from typing import Final

import structlog

from backstride_gateway.exporting import Exporting
from backstride_gateway.ports import StoreUnavailableError

log = structlog.get_logger()

_IDLE_S: Final = 15.0
"""Between two looks for what has expired, or was put off."""


class ExportRunner:
    """Lives in one event loop; a request wakes it."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting
        self._is_woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work now; called in the loop."""
        self._is_woken.set()

    async def run(self) -> None:
        """Work for ever."""
        while True:
            self._is_woken.clear()
            if await self._work():
                continue
            try:
                async with asyncio.timeout(_IDLE_S):
                    await self._is_woken.wait()
            except TimeoutError:
                continue

    async def _work(self) -> bool:
        try:
            return await asyncio.to_thread(self._exporting.work)
        except StoreUnavailableError as error:
            log.warning("exports wait for the database", error=str(error))
        except OSError as error:
            log.error("the folder of exports cannot be used", error=str(error))  # noqa: TRY400
        return False
