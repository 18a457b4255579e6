"""The gateway's pages over stores in memory, served from a thread while a browser looks."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from backstride_gateway.api.app import build_app
from backstride_gateway.api.pages import STATIC_DIRECTORY
from backstride_gateway.serving import Server, build_server, listening_socket
from tests.component.gateway.desk import Desk
from tests.servers.finding import HOST, free_port
from tests.waiting import wait_until


def require_built_pages() -> None:
    """Fail in words where the pages were never built."""
    if not (STATIC_DIRECTORY / "index.html").is_file():
        pytest.fail("the pages are not built: run make setup", pytrace=False)


class PageServer:
    """Serves a desk at a fixed port; may be stopped and started again."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.port = free_port()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="pages")
        self._thread.start()
        wait_until(
            lambda: self._server is not None and self._server.started, what="the pages served"
        )

    def stop(self) -> None:
        assert self._thread is not None
        self.call(self._begin_stop)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._server = None

    def call(self, action: Callable[[], object]) -> None:
        """Do something in the server's event loop, as its own parts would."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(action)

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something in the server's event loop, and return when it is done."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def _begin_stop(self) -> None:
        assert self._server is not None
        # the feed itself goes on
        self.desk.live.end_streams()
        self._server.should_exit = True

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        listener = listening_socket(HOST, self.port)
        self._server = build_server(build_app(self.desk.services))
        telling = asyncio.create_task(self.desk.live.run())
        await self._server.serve(sockets=[listener])
        telling.cancel()
        await asyncio.wait([telling])
