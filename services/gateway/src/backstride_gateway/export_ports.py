"""What the gateway needs to hand people their data."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from backstride_gateway.domain.activity import Activity
from backstride_gateway.domain.exports import ExportJob
from backstride_gateway.domain.sessions import SessionRecord

ActivityWriter = Callable[[Activity], Iterator[bytes]]
"""Yields an activity as a file of one format, in parts."""

SessionTeller = Callable[[SessionRecord], Mapping[str, object]]
"""Returns a session as the API tells it, ready for JSON."""


class NoRoomError(Exception):
    """The disk, or what exports may take of it, is full."""


class ExportJobs(Protocol):
    """Exports that were asked for; every method may raise StoreUnavailableError."""

    def add(self, job: ExportJob) -> None:
        """Store a job, durable on return."""
        ...

    def get(self, export_id: str) -> ExportJob | None:
        """Return the job, None when there is none of that id."""
        ...

    def of_member(self, member_id: str) -> list[ExportJob]:
        """Return a member's jobs, newest first."""
        ...

    def all(self) -> list[ExportJob]:
        """Return all jobs, oldest first; there are few, because they expire."""
        ...

    def update(self, job: ExportJob) -> bool:
        """Store how far a job is; False when it was removed meanwhile."""
        ...

    def remove(self, export_id: str) -> None:
        """Forget a job; harmless when there is none."""
        ...


class ExportFiles(Protocol):
    """The folder in which finished exports wait for their members.

    Every method may raise NoRoomError where it writes, and OSError where the folder is unusable.
    """

    def writing(self, export_id: str) -> AbstractContextManager[BinaryIO]:
        """Lend a file to write; what is not kept is deleted when the block ends."""
        ...

    def keep(self, export_id: str) -> int:
        """Make what was written durable and whole under its name; return its bytes.

        Called inside the block of `writing`.
        """
        ...

    def path(self, export_id: str) -> Path | None:
        """Return where a finished export is, None when it is not there."""
        ...

    def delete(self, export_id: str) -> None:
        """Delete an export's file; harmless when there is none."""
        ...

    def keep_only(self, export_ids: Iterable[str]) -> None:
        """Delete every file that belongs to none of these."""
        ...

    def used_bytes(self) -> int:
        """Return what all files take."""
        ...


class PersonalData(Protocol):
    """Everything that the relational store holds under a member, table by table."""

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that name a member, an account or a claim of theirs."""
        ...

    def rows(self, table: str, member_id: str) -> Iterator[Mapping[str, object]]:
        """Yield a member's rows of a table, ready for JSON, without secrets.

        May raise StoreUnavailableError.
        """
        ...


class MemberExports(Protocol):
    """For whoever erases a member."""

    def forget(self, member_id: str) -> int:
        """Delete a member's exports, files and all, also one that is being made.

        Returns how many there were; harmless when repeated. May raise StoreUnavailableError.
        """
        ...
