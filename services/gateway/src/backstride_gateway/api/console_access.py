"""Routes of a member's PIN and cards for consoles."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backstride_gateway.api.access import ChangeableMember, SeenMember, signed_in
from backstride_gateway.api.models import Strict, UtcTime, utc
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.protection import MAX_BODY_BYTES
from backstride_gateway.api.services import WithServices
from backstride_gateway.api.texts import Label
from backstride_gateway.domain.console_access import PIN_PATTERN, ConsoleCard

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}

router = APIRouter(
    prefix="/v1/members",
    tags=["members"],
    max_body_size=MAX_BODY_BYTES,
    dependencies=[signed_in],
    responses={401: _PROBLEM, 404: _PROBLEM},
)


class PinBody(Strict):
    """A PIN for consoles."""

    pin: Annotated[str, Field(pattern=f"^{PIN_PATTERN}$", description="4 to 8 digits")]


class CardBody(Strict):
    """A card for consoles."""

    card: Annotated[
        str,
        Field(
            pattern="^[0-9A-Fa-f][0-9A-Fa-f :.-]{6,62}[0-9A-Fa-f]$",
            description="What a reader tells of it, hexadecimal; separators do not matter",
            examples=["04:A2:2B:9C"],
        ),
    ]
    name: Label = "Card"


class CardView(BaseModel):
    """A card; what a reader tells of it is not kept and cannot be shown."""

    card_id: str
    name: str
    added_at: UtcTime

    @classmethod
    def of(cls, card: ConsoleCard) -> "CardView":
        """Return a card as the API tells it."""
        return cls(card_id=card.card_id, name=card.name, added_at=utc(card.added_at_ms))


class CardList(BaseModel):
    """A member's cards, oldest first."""

    cards: list[CardView]


@router.put(
    "/{member_id}/console-pin", status_code=HTTPStatus.NO_CONTENT, responses={403: _PROBLEM}
)
def set_console_pin(member: ChangeableMember, body: PinBody, services: WithServices) -> None:
    """Set the PIN that goes with the member's number at consoles; it is kept as a slow hash."""
    services.console_access.set_pin(member.member_id, body.pin)


@router.delete(
    "/{member_id}/console-pin", status_code=HTTPStatus.NO_CONTENT, responses={403: _PROBLEM}
)
def remove_console_pin(member: ChangeableMember, services: WithServices) -> None:
    """Let no PIN work for the member any more."""
    services.console_access.remove_pin(member.member_id)


@router.get("/{member_id}/cards")
def list_cards(member: SeenMember, services: WithServices) -> CardList:
    """Return the member's cards; the staff of the gym give them out."""
    found = services.console_access.cards(member.member_id)
    return CardList(cards=[CardView.of(card) for card in found])


@router.post("/{member_id}/cards", status_code=HTTPStatus.CREATED, responses={409: _PROBLEM})
def add_card(member: SeenMember, body: CardBody, services: WithServices) -> CardView:
    """Give the member a card, five at most; only a slow hash of it is kept."""
    return CardView.of(services.console_access.add_card(member.member_id, body.card, body.name))


@router.delete("/{member_id}/cards/{card_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_card(member: SeenMember, card_id: str, services: WithServices) -> None:
    """Take a card from the member, such as a lost one."""
    services.console_access.remove_card(member.member_id, card_id)
