"""Who stands at a console: a member's number with the PIN, or a card.

PINs are kept by argon2id like passwords; of a card, whose numbers are few, a slow hash by which it
is found again. Guessing is slowed down for each number.
"""

from collections.abc import Callable
from typing import Protocol
from uuid import uuid4

from backstride_gateway.attempts import Attempts
from backstride_gateway.domain.console_access import (
    MAX_CARDS,
    ConsoleCard,
    check_pin,
    normal_card,
)
from backstride_gateway.domain.members import Member
from backstride_gateway.ports import Clock, Members, Passwords
from backstride_shared.identity import TreadmillKey, gym_id_of
from backstride_shared.messages import ConsoleClaimMessage


class UnknownMemberNumberError(Exception):
    """No member of the gym has the number keyed in."""


class NotProvenError(Exception):
    """Number and PIN do not belong together, or nobody of the gym has the card."""


class CardTakenError(Exception):
    """A member has this card already."""


class TooManyCardsError(Exception):
    """The member has as many cards as one may have."""


class UnknownCardError(Exception):
    """The member has no card of this id."""


class ConsoleAccessStore(Protocol):
    """PINs and cards; every method may raise StoreUnavailableError."""

    def pin_hash(self, member_id: str) -> str | None:
        """Return what is kept of a member's PIN."""
        ...

    def set_pin_hash(self, member_id: str, pin_hash: str | None, set_at_ms: int) -> None:
        """Keep another PIN, or none."""
        ...

    def cards(self, member_id: str) -> list[ConsoleCard]:
        """Return a member's cards, oldest first."""
        ...

    def card(self, card_hash: str) -> ConsoleCard | None:
        """Return the card of this hash."""
        ...

    def add_card(self, card: ConsoleCard) -> None:
        """Store a card.

        Raises:
            CardTakenError: when a member has it already.

        """
        ...

    def remove_card(self, member_id: str, card_id: str) -> bool:
        """Forget a card; False when the member has none of this id."""
        ...


class ConsoleAccess:
    """Keeps PINs and cards, and tells who stands at a console; safe from several threads."""

    def __init__(
        self,
        store: ConsoleAccessStore,
        members: Members,
        passwords: Passwords,
        card_hash_of: Callable[[str], str],
        attempts: Attempts,
        clock: Clock,
        *,
        is_demo: bool,
    ) -> None:
        self._store = store
        self._members = members
        self._passwords = passwords
        self._card_hash_of = card_hash_of
        self._attempts = attempts
        self._clock = clock
        # simulated members have no PIN, and nobody to protect
        self._is_demo = is_demo

    def set_pin(self, member_id: str, pin: str) -> None:
        """Set a member's PIN.

        Raises:
            ImplausiblePinError: when it cannot be one.

        """
        check_pin(pin)
        self._store.set_pin_hash(member_id, self._passwords.hash_of(pin), self._clock())

    def remove_pin(self, member_id: str) -> None:
        """Let no PIN work for a member."""
        self._store.set_pin_hash(member_id, None, self._clock())

    def cards(self, member_id: str) -> list[ConsoleCard]:
        """Return a member's cards, oldest first."""
        return self._store.cards(member_id)

    def add_card(self, member_id: str, card: str, name: str) -> ConsoleCard:
        """Give a member a card.

        Raises:
            CardTakenError: when a member has it already.
            TooManyCardsError: when the member has MAX_CARDS.

        """
        if len(self._store.cards(member_id)) >= MAX_CARDS:
            raise TooManyCardsError(f"{MAX_CARDS} at most: remove one first")
        added = ConsoleCard(
            card_id=str(uuid4()),
            member_id=member_id,
            card_hash=self._card_hash_of(normal_card(card)),
            name=name,
            added_at_ms=self._clock(),
        )
        self._store.add_card(added)
        return added

    def remove_card(self, member_id: str, card_id: str) -> None:
        """Take a card from a member.

        Raises:
            UnknownCardError: when they have none of this id.

        """
        if not self._store.remove_card(member_id, card_id):
            raise UnknownCardError(card_id)

    def identify(self, treadmill: TreadmillKey, message: ConsoleClaimMessage) -> Member:
        """Return who stands at the console of a treadmill.

        Raises:
            UnknownMemberNumberError: in a demonstration, when nobody has the number.
            NotProvenError: when PIN or card do not prove it.
            TooManyAttemptsError: when a PIN comes too soon after wrong ones.

        """
        gym_id = gym_id_of(treadmill)
        if message.card is not None:
            return self._by_card(gym_id, message.card)
        number = message.member_number
        if number is None:
            raise NotProvenError("neither a member's number nor a card")
        member = self._members.by_number(gym_id, number)
        if self._is_demo and message.pin is None:
            if member is None:
                raise UnknownMemberNumberError(number)
            return member
        # of each number by itself: strangers to it are not held up
        was_right = self._attempts.key_in(f"{gym_id}/{number}")
        kept = None if member is None else self._store.pin_hash(member.member_id)
        if member is None or kept is None or message.pin is None:
            raise NotProvenError("number and PIN do not belong together")
        if not self._passwords.is_right(kept, message.pin):
            raise NotProvenError("number and PIN do not belong together")
        was_right()
        return member

    def _by_card(self, gym_id: str, card: str) -> Member:
        found = self._store.card(self._card_hash_of(normal_card(card)))
        member = None if found is None else self._members.get(found.member_id)
        if member is None or gym_id not in member.gym_ids:
            raise NotProvenError("nobody of the gym has this card")
        return member
