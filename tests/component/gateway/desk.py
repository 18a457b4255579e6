"""The gateway over stores and a log in memory, with a clock that a test moves."""

from collections.abc import Callable

from backstride_gateway.acknowledging import Acknowledging
from backstride_gateway.activities import Activities
from backstride_gateway.adapters.fit_activity import fit_of
from backstride_gateway.adapters.segno_qr import qr_svg
from backstride_gateway.aiming import Aiming
from backstride_gateway.api.models import Session
from backstride_gateway.api.services import Services
from backstride_gateway.attempts import Attempts
from backstride_gateway.claiming import Claiming
from backstride_gateway.console_access import ConsoleAccess
from backstride_gateway.correcting import Correcting
from backstride_gateway.delivery import ClaimDelivery
from backstride_gateway.domain.activity_csv import csv_of
from backstride_gateway.domain.activity_tcx import tcx_of
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.members import Member, Profile
from backstride_gateway.erasing import Erasing
from backstride_gateway.exporting import Exporting
from backstride_gateway.gym_registry import GymRegistry
from backstride_gateway.gym_statistics import Statistics
from backstride_gateway.history import History
from backstride_gateway.holders import Holders
from backstride_gateway.joining import Joining
from backstride_gateway.live_feed import LiveFeed
from backstride_gateway.member_body import MemberBody
from backstride_gateway.membership import Membership
from backstride_gateway.personal_archive import PersonalArchive
from backstride_gateway.signing_in import SigningIn
from backstride_gateway.taking_over import TakingOver
from backstride_gateway.treadmill_codes import TreadmillCodes
from backstride_shared.fold import TreadmillsFold
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import FrameReading, ReadingsEvent
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import ConsoleClaimMessage
from tests.fakes.gateway_accounts import InMemoryAccounts, InMemoryGyms, PlainPasswords
from tests.fakes.gateway_acknowledgements import InMemoryAcknowledgements
from tests.fakes.gateway_alerts import InMemoryAlerts
from tests.fakes.gateway_changes import InMemoryChanges, InMemoryErasures
from tests.fakes.gateway_console_access import InMemoryConsoleAccess
from tests.fakes.gateway_exports import (
    InMemoryExportFiles,
    InMemoryExportJobs,
    InMemoryPersonalData,
)
from tests.fakes.gateway_goals import InMemoryGoals
from tests.fakes.gateway_gym_sums import InMemoryGymSums
from tests.fakes.gateway_member_body import InMemoryMemberBody
from tests.fakes.gateway_stores import (
    FakeEventLog,
    FakeStatus,
    InMemoryClaims,
    InMemoryHistory,
    InMemoryMembers,
)
from tests.fakes.gateway_treadmill_codes import InMemoryTreadmillCodes
from tests.fakes.in_memory_series import InMemorySeries

NOW_MS = 1_795_406_900_000
TREADMILL = "demo/treadmill-01"


class Desk:
    """Everything behind the API; what would run beside it is done by calls."""

    def __init__(self, *, is_demo: bool = True) -> None:
        self.now_ms = NOW_MS
        self.members = InMemoryMembers()
        self.claims = InMemoryClaims()
        self.history = InMemoryHistory(self.claims)
        self.changes = InMemoryChanges(self.claims, self.history)
        self.series = InMemorySeries()
        self.log = FakeEventLog()
        self.alerts = InMemoryAlerts()
        self.status = FakeStatus()
        self.waiting: list[str] = []
        self.live = LiveFeed(self.clock)
        self.delivery = ClaimDelivery(self.claims, self.changes, self.history, self.log, self.clock)
        self.body = MemberBody(InMemoryMemberBody(self.members), self.history, self.clock)
        self.membership = Membership(self.members, self.body, self.clock)
        self.holders = Holders(self.members, self.claims, is_demo=is_demo)
        self.claiming = Claiming(
            self.members,
            self.body,
            self.claims,
            self.history,
            self.live.last_moving,
            self.clock,
            self._show_claim,
        )
        self.gyms = InMemoryGyms()
        self.codes = TreadmillCodes(InMemoryTreadmillCodes(), self.clock)
        self.accounts = InMemoryAccounts(self.gyms, self.members)
        self.attempts = Attempts(self.clock)
        passwords = PlainPasswords()
        self.console_access = ConsoleAccess(
            InMemoryConsoleAccess(),
            self.members,
            passwords,
            lambda card: f"slowly {card}",
            self.attempts,
            self.clock,
            is_demo=is_demo,
        )
        self.signing_in = SigningIn(self.accounts, passwords, self.attempts, self.clock)
        self.joining = Joining(
            self.accounts, self.gyms, self.members, passwords, self.attempts, self.clock
        )
        history = History(self.membership, self.history, self.series, self.clock)
        self.erasures = InMemoryErasures(self.members, self.accounts, self.claims, self.changes)
        self.activities = Activities(self.membership, self.series, self.clock)
        # nothing runs beside the API, unless a test says so
        self.on_export_request: Callable[[], object] = lambda: None
        self.export_jobs = InMemoryExportJobs()
        self.export_files = InMemoryExportFiles()
        self.personal_data = InMemoryPersonalData(self.members, self.claims)
        self.exporting = Exporting(
            self.export_jobs,
            self.export_files,
            PersonalArchive(
                self.history,
                self.activities,
                self.personal_data,
                lambda session: Session.of(session, self.now_ms).model_dump(mode="json"),
                {"fit": fit_of, "csv": csv_of},
            ),
            self.clock,
            self._ask_for_export,
            keep_hours=24.0,
            most_bytes=10_000_000,
        )
        self.erasing = Erasing(
            claims=self.claims,
            changes=self.changes,
            erasures=self.erasures,
            exports=self.exporting,
            history=self.history,
            live_last_moving=self.live.last_moving,
            clock=self.clock,
            on_change=self._show_claim,
            on_request=lambda: None,
        )
        self.services = Services(
            erasing=self.erasing,
            signing_in=self.signing_in,
            joining=self.joining,
            gyms=GymRegistry(self.gyms, self.codes, self.clock),
            statistics=Statistics(InMemoryGymSums(self.history, self.members), self.clock),
            treadmill_codes=self.codes,
            qr_svg=qr_svg,
            membership=self.membership,
            member_body=self.body,
            console_access=self.console_access,
            claiming=self.claiming,
            taking_over=TakingOver(self.claiming, self.claims, self.history, self.clock),
            attempts=self.attempts,
            correcting=Correcting(self.claims, self.changes, self.clock, self._show_claim),
            history=history,
            aiming=Aiming(InMemoryGoals(), history, self.clock),
            activities=self.activities,
            exporting=self.exporting,
            activity_writers={"fit": fit_of, "tcx": tcx_of, "csv": csv_of},
            live=self.live,
            alerts=self.alerts,
            acknowledging=Acknowledging(
                self.alerts,
                self.live,
                InMemoryAcknowledgements(self._sign_in_name),
                self.clock,
            ),
            status=self.status,
            clock=self.clock,
            waiting_for=lambda: self.waiting,
            is_demo=is_demo,
        )
        self._fold = TreadmillsFold()
        self._seq = 0

    def _sign_in_name(self, account_id: str) -> str | None:
        account = self.accounts.get(account_id)
        return None if account is None else account.sign_in_name

    def clock(self) -> int:
        return self.now_ms

    def pass_minutes(self, minutes: float) -> None:
        self.now_ms += round(minutes * 60_000)

    def add_member(
        self, member_id: str = "m", number: str = "1001", profile: Profile | None = None
    ) -> Member:
        member = Member(
            member_id=member_id,
            gym_id="demo",
            member_number=number,
            is_demo=True,
            created_at_ms=self.now_ms,
            profile=profile or Profile(display_name=f"Member {number}", birth_year=1990),
        )
        self.members.add(member)
        return member

    def move(
        self, seconds: float, speed_m_per_s: float = 1.0, *, treadmill: str = TREADMILL
    ) -> None:
        """Let a belt run, in reverse for a negative speed, one reading a second, until then."""
        readings = []
        for _ in range(round(seconds)):
            self.now_ms += 1000
            self._seq += 1
            readings.append(
                FrameReading(
                    seq=self._seq,
                    measured_at_ms=self.now_ms,
                    is_reverse=speed_m_per_s < 0,
                    speed_m_per_s=abs(speed_m_per_s),
                )
            )
        # the log holds the claims before the readings that follow them
        for _, events in self.log.frames:
            for event in events:
                self._fold.apply(event)
        self._fold.apply(ReadingsEvent(treadmill, "d", 1, self.now_ms, None, None, readings))
        self.live.receive(self._fold.drain().items, self.now_ms)

    def key_in(self, treadmill: TreadmillKey, message: ConsoleClaimMessage) -> StoredClaim:
        """Do as a console's message does."""
        member = self.console_access.identify(treadmill, message)
        return self.claiming.take_console(treadmill, member, message)

    def fold_states(self) -> list[TreadmillState]:
        """Return the treadmills' states as the processor has them."""
        return list(self._fold.states.values())

    def _ask_for_export(self) -> None:
        # what a test has put there by then
        self.on_export_request()

    def _show_claim(self, treadmill: str) -> None:
        view = self.holders.of(treadmill)
        if view is None:
            self.live.forget_claim(treadmill)
        else:
            self.live.take_claim(view)
