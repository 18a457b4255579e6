"""PINs and cards in the relational store."""

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from backstride_gateway.adapters.sql_transactions import reading, writing_to
from backstride_gateway.console_access import CardTakenError
from backstride_gateway.domain.console_access import ConsoleCard
from backstride_shared.store.schema import console_cards, console_pins


class SqlConsoleAccess:
    """The port `ConsoleAccessStore` on SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pin_hash(self, member_id: str) -> str | None:
        """See the port."""
        query = select(console_pins.c.pin_hash).where(console_pins.c.member_id == member_id)
        with reading(self._engine) as connection:
            found: str | None = connection.execute(query).scalar_one_or_none()
        return found

    def set_pin_hash(self, member_id: str, pin_hash: str | None, set_at_ms: int) -> None:
        """See the port."""
        with writing_to(self._engine) as connection:
            connection.execute(delete(console_pins).where(console_pins.c.member_id == member_id))
            if pin_hash is not None:
                row = {"member_id": member_id, "pin_hash": pin_hash, "set_at_ms": set_at_ms}
                connection.execute(insert(console_pins).values(row))

    def cards(self, member_id: str) -> list[ConsoleCard]:
        """See the port."""
        query = (
            select(console_cards)
            .where(console_cards.c.member_id == member_id)
            .order_by(console_cards.c.added_at_ms, console_cards.c.card_id)
        )
        with reading(self._engine) as connection:
            return [ConsoleCard(**row) for row in connection.execute(query).mappings()]

    def card(self, card_hash: str) -> ConsoleCard | None:
        """See the port."""
        query = select(console_cards).where(console_cards.c.card_hash == card_hash)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else ConsoleCard(**row)

    def add_card(self, card: ConsoleCard) -> None:
        """See the port."""
        row = {name: getattr(card, name) for name in ConsoleCard.__slots__}
        try:
            with writing_to(self._engine) as connection:
                connection.execute(insert(console_cards).values(row))
        except IntegrityError:
            raise CardTakenError from None

    def remove_card(self, member_id: str, card_id: str) -> bool:
        """See the port."""
        gone = delete(console_cards).where(
            console_cards.c.member_id == member_id, console_cards.c.card_id == card_id
        )
        with writing_to(self._engine) as connection:
            return connection.execute(gone).rowcount > 0
