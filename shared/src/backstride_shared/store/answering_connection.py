"""PostgreSQL connections that do not wait for an answer for ever.

A connection that is half open, behind a router that forgot it or before a server that hangs, gives
no error: without a limit of our own a program waits for ever, and says that all is well. libpq has
no such limit, and TCP's keep-alive does not see a proxy that still answers for a dead server.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.pq.abc import PGconn

_LOOK_EVERY_S = 0.1

ResultT = TypeVar("ResultT")


class AnsweringConnection(psycopg.Connection[Any]):
    """Ends itself, with an OperationalError, when the server is silent for too long."""

    answers_within_s: float | None = None
    """None: wait for ever."""

    def wait(
        self,
        gen: PQGen[ResultT],
        interval: float = _LOOK_EVERY_S,
        timeout: float | None = None,
    ) -> ResultT:
        """Wait for one answer of the server."""
        try:
            return super().wait(
                gen, interval, self.answers_within_s if timeout is None else timeout
            )
        except _WaitTimeout as error:
            raise _ended(self.pgconn, self.answers_within_s) from error


class AnsweringAsyncConnection(psycopg.AsyncConnection[Any]):
    """Does the same on an event loop."""

    answers_within_s: float | None = None
    """None: wait for ever."""

    async def wait(
        self,
        gen: PQGen[ResultT],
        interval: float = _LOOK_EVERY_S,
        timeout: float | None = None,  # noqa: ASYNC109  psycopg's signature
    ) -> ResultT:
        """Wait for one answer of the server."""
        try:
            return await super().wait(
                gen, interval, self.answers_within_s if timeout is None else timeout
            )
        except _WaitTimeout as error:
            raise _ended(self.pgconn, self.answers_within_s) from error


def _ended(connection: PGconn, answers_within_s: float | None) -> psycopg.OperationalError:
    # whether the server did what it was asked is not known: nobody may go on with this one
    connection.finish()
    return psycopg.OperationalError(f"the server did not answer within {answers_within_s:g} s")
