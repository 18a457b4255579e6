"""PINs and cards in memory."""

from backstride_gateway.console_access import CardTakenError
from backstride_gateway.domain.console_access import ConsoleCard


class InMemoryConsoleAccess:
    """The port `ConsoleAccessStore`."""

    def __init__(self) -> None:
        self._pins: dict[str, str] = {}
        self._cards: list[ConsoleCard] = []

    def pin_hash(self, member_id: str) -> str | None:
        return self._pins.get(member_id)

    def set_pin_hash(
        self,
        member_id: str,
        pin_hash: str | None,
        set_at_ms: int,
    ) -> None:
        self._pins.pop(member_id, None)
        if pin_hash is not None:
            self._pins[member_id] = pin_hash

    def cards(self, member_id: str) -> list[ConsoleCard]:
        found = [one for one in self._cards if one.member_id == member_id]
        return sorted(found, key=lambda one: (one.added_at_ms, one.card_id))

    def card(self, card_hash: str) -> ConsoleCard | None:
        return next((one for one in self._cards if one.card_hash == card_hash), None)

    def add_card(self, card: ConsoleCard) -> None:
        if self.card(card.card_hash) is not None:
            raise CardTakenError
        self._cards.append(card)

    def remove_card(self, member_id: str, card_id: str) -> bool:
        before = len(self._cards)
        self._cards = [
            one for one in self._cards if (one.member_id, one.card_id) != (member_id, card_id)
        ]
        return len(self._cards) < before
