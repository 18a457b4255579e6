"""A gateway with accounts: gyms north and south, and somebody of each kind who signs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from backstride_gateway.domain.accounts import Account, Role
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.permissions import Caller
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, Desk
from tests.component.gateway.served import served
from tests.factories.session_records import session_record

PASSWORD: Final = "four horses run"
HERE: Final = "127.0.0.1"
HOLDERS: Final = {"north/one": "ann", "north/two": "bob", "south/one": "cem"}


class TwoGyms:
    """Ann and Bob train in the north, Cem in the south; each holds a treadmill and has a past."""

    def __init__(self) -> None:
        self.desk = Desk(is_demo=False)
        for gym_id in ("north", "south"):
            self.desk.gyms.rows[gym_id] = Gym(gym_id=gym_id, name=gym_id, created_at_ms=NOW_MS)
        for number, (treadmill, name) in enumerate(HOLDERS.items()):
            gym_id = treadmill.partition("/")[0]
            self.desk.gyms.register(
                RegisteredTreadmill(treadmill=treadmill, name=treadmill, added_at_ms=NOW_MS)
            )
            member = self.desk.membership.create(
                gym_id, str(100 + number), Profile(display_name=name.title(), mass_kg=60.0)
            )
            self.add_account(name, "member", gym_id, member.member_id)
            claim = self.desk.claiming.claim(TreadmillKey(treadmill), member.member_id, None).claim
            self.desk.history.put(
                session_record(f"s-{name}", NOW_MS, claim_id=claim.claim_id, treadmill=treadmill)
            )
            self.desk.move(2, treadmill=treadmill)
        self.add_account("operator", "operator", "north")
        self.add_account("admin", "admin", "north")

    def add_account(self, name: str, role: Role, gym_id: str, member_id: str | None = None) -> None:
        account = Account(
            account_id=f"account-{name}",
            sign_in_name=name,
            password_hash=f"1:{PASSWORD}",
            role=role,
            gym_id=gym_id,
            member_id=member_id,
            created_at_ms=NOW_MS,
        )
        self.desk.accounts.join(account, None, None)

    def member_id(self, name: str) -> str:
        account = self.desk.accounts.by_name(name)
        assert account is not None
        return account.member_id or ""

    def card_id(self, name: str) -> str:
        """Return the card of somebody, the same each time."""
        access, member_id = self.desk.console_access, self.member_id(name)
        cards = access.cards(member_id)
        if cards:
            return cards[0].card_id
        return access.add_card(member_id, f"ABCD {name}", "Card").card_id

    def token_id(self, name: str) -> str:
        """Return a token of somebody, which nobody uses."""
        token, _ = self.desk.signing_in.make_token(f"account-{name}", "unused", can_write=False)
        return token.token_id

    async def caller(self, name: str) -> Caller:
        """Return somebody as one who asks."""
        _, secret = self.desk.signing_in.make_token(f"account-{name}", "unused", can_write=False)
        caller = await self.desk.signing_in.caller_by_token(secret)
        assert caller is not None
        return caller

    def export_id(self, name: str) -> str:
        """Return a finished export of somebody who trains."""
        job = self.desk.exporting.request(self.member_id(name))
        self.desk.exporting.work()
        return job.export_id

    @asynccontextmanager
    async def visitor(self, address: str = HERE) -> AsyncIterator[httpx.AsyncClient]:
        """Lend a client that has not signed in."""
        transport = served(self.desk.services, address)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, name: str, address: str = HERE) -> AsyncIterator[httpx.AsyncClient]:
        """Lend a browser in which somebody signed in."""
        async with self.visitor(address) as client:
            await sign_in(client, name)
            yield client


async def sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> None:
    answer = await client.post("/v1/session", json={"sign_in_name": name, "password": password})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
