"""Everything of a member as one zip, written to disk piece by piece.

In memory there is one session at a time. What stands in it is told in its README.txt, in plain
words; who wants to know the fields finds them in docs/exports.md.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import BinaryIO, Final

from backstride_gateway.activities import Activities, SessionRunningError
from backstride_gateway.domain.activity import Activity
from backstride_gateway.domain.file_names import activity_file_name
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.export_ports import ActivityWriter, PersonalData, SessionTeller
from backstride_gateway.ports import SessionCursor, SessionHistory

PAGE: Final = 100
_FILES_OF_THEIR_OWN: Final = {"claims": "claims.json", "alerts": "alerts.json"}
_PROFILE: Final = "members"
_PROFILE_KEY: Final = "profile"

_README: Final = """\
What Backstride knows about you
===============================

Written on {written_at:%Y-%m-%d %H:%M} UTC for {name}.

profile.json    What you told about yourself and your body, what you agreed to, and whatever else
                is kept under your name, each kind under its own word. Passwords, codes and tokens
                are not in it: of those only fingerprints are kept, which are of no use to you.
claims.json     When you took which treadmill, and the body data that your calories were
                computed with then.
sessions.json   Your {sessions_count} sessions with their sums, forward and backward apart.
alerts.json     Safety alerts that were raised while a treadmill was yours.
sessions/       Each session once more as two files:
                .fit is for Garmin Connect, Strava and others like them: upload it there yourself;
                .csv opens in a spreadsheet.

Good to know
------------

- Metres, kilograms, metres per second and kilocalories; times are UTC.
- "forward" and "backward" is how you went. "direction" and signed speeds are the belt's, negative
  when it ran in reverse.
- "gross" energy includes what the body spends at rest, "net" is what came on top.
- Calories are estimates. The band around a figure holds the truth for about two people in three.
- Files say themselves when single readings were not kept any more and they were drawn from minutes.
- A session that was still running is in sessions.json and has no files yet{running}.

This file was made on the gym's own machine and was sent to nobody.
It will be deleted there {keep_hours:g} hours after it was ready.
"""


class StoppedError(Exception):
    """Writing was given up half-way; what was written is of no use."""


class PersonalArchive:
    """Writes archives; one at a time in a thread."""

    def __init__(
        self,
        sessions: SessionHistory,
        activities: Activities,
        personal_data: PersonalData,
        tell_session: SessionTeller,
        writers: Mapping[str, ActivityWriter],
    ) -> None:
        """Take the sources; `writers` by the extension of their files."""
        self._sessions = sessions
        self._activities = activities
        self._personal_data = personal_data
        self._tell_session = tell_session
        self._writers = writers

    def count_sessions(self, member_id: str) -> int:
        """Return how many sessions an archive would hold."""
        return sum(1 for _ in self._all_sessions(member_id))

    def write(
        self,
        target: BinaryIO,
        member_id: str,
        now_ms: int,
        keep_hours: float,
        on_session: Callable[[int], None],
    ) -> None:
        """Write the archive; `on_session` hears how many sessions are in, and may raise.

        Raises:
            StoreUnavailableError: when the relational store cannot be read now.
            SeriesUnavailableError: when the series cannot be read now.

        """
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            name = self._write_profile(archive, member_id)
            for table, file_name in _FILES_OF_THEIR_OWN.items():
                rows = self._personal_data.rows(table, member_id)
                _write_list(archive, file_name, table, rows)
            told = map(self._tell_session, self._all_sessions(member_id))
            _write_list(archive, "sessions.json", "sessions", told)
            count = running_count = 0
            for session in self._all_sessions(member_id):
                try:
                    self._write_session(archive, self._activities.of(session))
                except SessionRunningError:
                    running_count += 1
                count += 1
                on_session(count)
            readme = _README.format(
                name=name,
                written_at=datetime.fromtimestamp(now_ms / 1000, UTC),
                sessions_count=count,
                running=f" ({running_count} of yours)" if running_count else "",
                keep_hours=keep_hours,
            )
            archive.writestr("README.txt", readme)

    def _write_profile(self, archive: zipfile.ZipFile, member_id: str) -> str:
        """Write what stands under a member in all other tables; return their name."""
        profile: dict[str, object] = {}
        name = ""
        for table in self._personal_data.tables():
            if table in _FILES_OF_THEIR_OWN:
                continue
            rows = list(self._personal_data.rows(table, member_id))
            if table == _PROFILE:
                profile[_PROFILE_KEY] = rows[0] if rows else None
                name = str(rows[0]["display_name"]) if rows else member_id
            else:
                profile[table] = rows
        archive.writestr("profile.json", json.dumps(profile, ensure_ascii=False, indent=1))
        return name

    def _write_session(self, archive: zipfile.ZipFile, activity: Activity) -> None:
        for extension, write in self._writers.items():
            name = f"sessions/{activity_file_name(activity, extension)}"
            with archive.open(name, "w") as file:
                for part in write(activity):
                    file.write(part)

    def _all_sessions(self, member_id: str) -> Iterator[SessionRecord]:
        before: SessionCursor | None = None
        while True:
            page = self._sessions.page(member_id, before, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            before = SessionCursor(page[-1].started_at_ms, page[-1].session_id)


def _write_list(
    archive: zipfile.ZipFile, file_name: str, key: str, rows: Iterable[Mapping[str, object]]
) -> None:
    """Write one list as JSON, an item at a time."""
    with archive.open(file_name, "w") as file:
        file.write(f"{{{json.dumps(key)}: [".encode())
        for index, row in enumerate(rows):
            comma = "," if index else ""
            file.write(f"{comma}\n{json.dumps(row, ensure_ascii=False)}".encode())
        file.write(b"\n]}\n")
