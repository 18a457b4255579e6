"""A PostgreSQL connection that does not wait for an answer for ever.

A connection that is half open, behind a router that forgot it or before a server that hangs, gives
no error: without a limit of our own a program waits for ever, and says that all is well. libpq has
no such limit, and TCP's keep-alive does not see a proxy that still answers for a dead server.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

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
            # whether the server did what it was asked is not known: nobody may go on with this one
            self.pgconn.finish()
            message = f"the server did not answer within {self.answers_within_s:g} s"
            raise psycopg.OperationalError(message) from error
