"""All of a member's data as one file: asked for, made in the background, kept for a day.

A job is stored before it is answered and is begun again after whatever interrupted it. One is made
at a time, one is open for each member, and a new one takes the place of the one before. A file is
whole or not there.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from backstride_gateway.domain.exports import MOST_ATTEMPTS, ExportJob
from backstride_gateway.export_ports import ExportFiles, ExportJobs, NoRoomError
from backstride_gateway.personal_archive import PersonalArchive, StoppedError
from backstride_gateway.ports import Clock, StoreUnavailableError
from backstride_shared.series.ports import SeriesUnavailableError

log = structlog.get_logger()

_HOUR_MS: Final = 3_600_000
_TOLD_EVERY: Final = 5
"""Sessions between two notes of progress: a transaction each."""
_BREATH_S: Final = 0.005
"""After each session, so that live pages are served by the same program meanwhile."""

_INTERRUPTED: Final = f"It was interrupted {MOST_ATTEMPTS} times; please tell the gym."
_NO_ROOM: Final = "There is no room for it now; please try again tomorrow, or tell the gym."
_OURS: Final = "An error of ours; it was written to the log. Please tell the gym."
_TOO_LATE: Final = "What it needs could not be read for a day; please try again."


class UnknownExportError(Exception):
    """The member has no export of this id, or it was deleted."""


class ExportNotReadyError(Exception):
    """The file is still being made, or could not be made."""


class ExportsOffError(Exception):
    """No folder is set for exports."""


class Exporting:
    """Takes, makes, keeps and deletes exports; safe to call from several threads.

    `forget` is for whoever erases a member (the port `MemberExports`).
    """

    def __init__(
        self,
        jobs: ExportJobs,
        files: ExportFiles | None,
        archive: PersonalArchive,
        clock: Clock,
        on_request: Callable[[], None],
        *,
        keep_hours: float,
        most_bytes: int,
    ) -> None:
        """Take the stores; without `files` nothing can be exported."""
        self._jobs = jobs
        self._files = files
        self._archive = archive
        self._clock = clock
        self._on_request = on_request
        self._keep_hours = keep_hours
        self._most_bytes = most_bytes
        self._stopping = threading.Event()
        # one that is open for each member: looked at and added at once
        self._lock = threading.Lock()

    def request(self, member_id: str) -> ExportJob:
        """Ask for an export; while one is open it is that one, one that is over is replaced.

        Raises:
            ExportsOffError: when there is no folder for it.

        """
        files = self._folder()
        with self._lock:
            before = self._jobs.of_member(member_id)
            for job in before:
                if job.is_open:
                    return job
            job = ExportJob(
                export_id=str(uuid4()), member_id=member_id, requested_at_ms=self._clock()
            )
            self._jobs.add(job)
            for old in before:
                files.delete(old.export_id)
                self._jobs.remove(old.export_id)
        self._on_request()
        return job

    def of_member(self, member_id: str) -> list[ExportJob]:
        """Return a member's exports, newest first."""
        now_ms = self._clock()
        return [job for job in self._jobs.of_member(member_id) if not job.is_expired(now_ms)]

    def get(self, member_id: str, export_id: str) -> ExportJob:
        """Return one of a member's exports.

        Raises:
            UnknownExportError: when they have none of that id, or not any more.

        """
        job = self._jobs.get(export_id)
        if job is None or job.member_id != member_id or job.is_expired(self._clock()):
            raise UnknownExportError(export_id)
        return job

    def file(self, member_id: str, export_id: str) -> tuple[ExportJob, Path]:
        """Return where a finished export is.

        Raises:
            UnknownExportError: when they have none of that id, or not any more.
            ExportNotReadyError: while it is made, or when it could not be made.

        """
        job = self.get(member_id, export_id)
        if job.status != "ready":
            raise ExportNotReadyError(job.reason or f"it is {job.status}")
        path = self._folder().path(export_id)
        if path is None:
            raise UnknownExportError(export_id)
        return job, path

    def forget(self, member_id: str) -> int:
        """Delete a member's exports, files and all, also one that is being made."""
        with self._lock:
            jobs = self._jobs.of_member(member_id)
            for job in jobs:
                # the row first: whoever writes the file then finds nothing to finish
                self._jobs.remove(job.export_id)
                if self._files is not None:
                    self._files.delete(job.export_id)
        return len(jobs)

    def stop(self) -> None:
        """Let what is being made be given up soon; it is begun again at the next start."""
        self._stopping.set()

    def work(self) -> bool:
        """Delete what has expired and make the oldest open export; False when there was none.

        Raises:
            StoreUnavailableError: when the store cannot be used now; call again later.

        """
        if self._files is None or self._stopping.is_set():
            return False
        jobs = self._without_expired(self._files)
        for job in jobs:
            if job.is_open:
                return self._make(job, self._files)
        return False

    def _folder(self) -> ExportFiles:
        if self._files is None:
            raise ExportsOffError("set BACKSTRIDE_EXPORTS__FOLDER")
        return self._files

    def _without_expired(self, files: ExportFiles) -> list[ExportJob]:
        now_ms = self._clock()
        kept = []
        for job in self._jobs.all():
            if job.is_expired(now_ms):
                files.delete(job.export_id)
                self._jobs.remove(job.export_id)
                log.info("export deleted", export_id=job.export_id)
            else:
                kept.append(job)
        files.keep_only(job.export_id for job in kept)
        return kept

    def _make(self, job: ExportJob, files: ExportFiles) -> bool:
        """Make one; return whether the next one may be looked at at once."""
        now_ms = self._clock()
        if job.attempts >= MOST_ATTEMPTS:
            self._end(job, _INTERRUPTED)
            return True
        if now_ms - job.requested_at_ms > self._keep_ms:
            self._end(job, _TOO_LATE)
            return True
        job = replace(job, status="running", attempts=job.attempts + 1, sessions_done=0)
        if not self._jobs.update(job):
            return True
        log.info("export begun", export_id=job.export_id, attempt=job.attempts)
        try:
            self._write(job, files)
        except StoppedError:
            self._wait_again(job)
            return False
        except (SeriesUnavailableError, StoreUnavailableError) as error:
            log.warning("export put off", export_id=job.export_id, error=str(error))
            self._wait_again(job)
            return False
        except NoRoomError as error:
            log.error("export failed", export_id=job.export_id, error=str(error))  # noqa: TRY400
            self._end(job, _NO_ROOM)
        except Exception:
            log.exception("export failed", export_id=job.export_id)
            self._end(job, _OURS)
        return True

    def _write(self, job: ExportJob, files: ExportFiles) -> None:
        used_bytes = files.used_bytes()
        count = self._archive.count_sessions(job.member_id)
        job = replace(job, sessions_count=count)
        self._check_wanted(job)
        with files.writing(job.export_id) as target:

            def on_session(done: int) -> None:
                if used_bytes + target.tell() > self._most_bytes:
                    raise NoRoomError(f"exports may take {self._most_bytes} bytes together")
                if done % _TOLD_EVERY == 0:
                    self._check_wanted(replace(job, sessions_done=done))
                if self._stopping.wait(_BREATH_S):
                    raise StoppedError

            now_ms = self._clock()
            self._archive.write(target, job.member_id, now_ms, self._keep_hours, on_session)
            target.flush()
            file_bytes = files.keep(job.export_id)
        ended_at_ms = self._clock()
        ready = replace(
            job,
            status="ready",
            sessions_done=count,
            ended_at_ms=ended_at_ms,
            expires_at_ms=ended_at_ms + self._keep_ms,
            file_bytes=file_bytes,
        )
        if self._jobs.update(ready):
            log.info("export ready", export_id=job.export_id, sessions=count, bytes=file_bytes)
        else:
            files.delete(job.export_id)

    def _check_wanted(self, job: ExportJob) -> None:
        """Note how far a job is.

        Raises:
            StoppedError: when it was removed meanwhile.

        """
        if not self._jobs.update(job):
            raise StoppedError

    def _wait_again(self, job: ExportJob) -> None:
        # given up on purpose, which is nobody's fault
        waiting = replace(job, status="waiting", attempts=job.attempts - 1, sessions_done=0)
        self._jobs.update(waiting)

    def _end(self, job: ExportJob, reason: str) -> None:
        ended_at_ms = self._clock()
        self._jobs.update(
            replace(
                job,
                status="failed",
                ended_at_ms=ended_at_ms,
                expires_at_ms=ended_at_ms + self._keep_ms,
                reason=reason,
            )
        )

    @property
    def _keep_ms(self) -> int:
        return round(self._keep_hours * _HOUR_MS)
