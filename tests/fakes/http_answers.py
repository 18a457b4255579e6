"""An HTTP server that gives the answers it was told and keeps the bodies it was sent."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Answer(NamedTuple):
    """One answer; `is_cut` ends the connection in the middle of the body."""

    status: int
    body: bytes = b""
    is_cut: bool = False


class HttpAnswers:
    """What the server will answer, and the bodies that it received."""

    def __init__(self, *answers: Answer) -> None:
        self.waiting = deque(answers)
        self.received: list[bytes] = []
        self.url = ""


@contextmanager
def answering(*answers: Answer) -> Iterator[HttpAnswers]:
    """Serve the answers on a free port; a request beyond them gets status 501."""
    script = HttpAnswers(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            script.received.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer = script.waiting.popleft() if script.waiting else Answer(501)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body) + answer.is_cut))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
