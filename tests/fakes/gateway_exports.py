"""What exports need, in memory; a test can take it away."""

import io
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

from backstride_gateway.domain.exports import ExportJob
from backstride_gateway.ports import StoreUnavailableError
from tests.fakes.gateway_stores import InMemoryClaims, InMemoryMembers


class InMemoryExportJobs:
    """The port `ExportJobs`; remembers each note of progress."""

    def __init__(self) -> None:
        self.is_away = False
        self.rows: dict[str, ExportJob] = {}
        self.updates: list[ExportJob] = []
        self.on_update: Callable[[ExportJob], None] = lambda _: None

    def add(self, job: ExportJob) -> None:
        self._check()
        self.rows[job.export_id] = job

    def get(self, export_id: str) -> ExportJob | None:
        self._check()
        return self.rows.get(export_id)

    def of_member(self, member_id: str) -> list[ExportJob]:
        return [job for job in reversed(self.all()) if job.member_id == member_id]

    def all(self) -> list[ExportJob]:
        self._check()
        return sorted(self.rows.values(), key=lambda job: (job.requested_at_ms, job.export_id))

    def update(self, job: ExportJob) -> bool:
        self._check()
        if job.export_id not in self.rows:
            return False
        self.rows[job.export_id] = job
        self.updates.append(job)
        self.on_update(job)
        return True

    def remove(self, export_id: str) -> None:
        self._check()
        self.rows.pop(export_id, None)

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class InMemoryExportFiles:
    """The port `ExportFiles`; finished ones are also put where a response can read them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.other_bytes = 0
        self._open: dict[str, io.BytesIO] = {}
        self._folder: Path | None = None

    @contextmanager
    def writing(self, export_id: str) -> Iterator[BinaryIO]:
        self._open[export_id] = io.BytesIO()
        try:
            yield self._open[export_id]
        finally:
            del self._open[export_id]

    def keep(self, export_id: str) -> int:
        self.files[export_id] = self._open[export_id].getvalue()
        return len(self.files[export_id])

    def path(self, export_id: str) -> Path | None:
        if export_id not in self.files:
            return None
        if self._folder is None:
            self._folder = Path(mkdtemp())
            weakref.finalize(self, shutil.rmtree, self._folder)
        path = self._folder / f"{export_id}.zip"
        path.write_bytes(self.files[export_id])
        return path

    def delete(self, export_id: str) -> None:
        self.files.pop(export_id, None)

    def keep_only(self, export_ids: Iterable[str]) -> None:
        kept = set(export_ids)
        self.files = {name: content for name, content in self.files.items() if name in kept}

    def used_bytes(self) -> int:
        return self.other_bytes + sum(map(len, self.files.values()))


class InMemoryPersonalData:
    """The port `PersonalData` over members and claims."""

    def __init__(self, members: InMemoryMembers, claims: InMemoryClaims) -> None:
        self._members = members
        self._claims = claims

    def tables(self) -> Sequence[str]:
        return ["members", "claims"]

    def rows(self, table: str, member_id: str) -> Iterator[Mapping[str, object]]:
        if table == "members":
            member = self._members.get(member_id)
            if member is not None:
                yield asdict(member.profile)
        if table == "claims":
            for claim in self._claims.of_member(member_id):
                yield {"claim_id": claim.claim_id, "treadmill": claim.treadmill}
