"""Accounts, codes, tokens, gyms and registered treadmills as the API says and takes them."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from backstride_gateway.api.member_models import TimeZoneName
from backstride_gateway.api.models import Strict, UtcTime, utc
from backstride_gateway.api.texts import Key, Label, Name
from backstride_gateway.domain.accounts import (
    MAX_PASSWORD_CHARACTERS,
    MIN_PASSWORD_CHARACTERS,
    AccessToken,
    Account,
    Role,
)
from backstride_gateway.domain.gyms import Gym, RegisteredTreadmill
from backstride_shared.identity import ID_PATTERN, TreadmillKey, treadmill_id_of

SignInName = Annotated[
    str, Field(min_length=2, max_length=100, description="Letters, digits and . _ @ + -")
]
Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARACTERS, description="As it was chosen")]
NewPassword = Annotated[
    str,
    Field(
        min_length=MIN_PASSWORD_CHARACTERS,
        max_length=MAX_PASSWORD_CHARACTERS,
        description="Any characters",
    ),
]
Code = Annotated[
    str,
    Field(
        min_length=8,
        max_length=64,
        description="As it was shown; hyphens and case do not matter",
        examples=["7K2M-PQ4R-0XYZ-9ABC"],
    ),
]
Identifier = Annotated[str, Field(pattern=f"^{ID_PATTERN}$", examples=["my-gym"])]


class Entrance(BaseModel):
    """What a visitor finds."""

    is_demo: bool = Field(description="Nobody signs in, everything is simulated")
    is_set_up: bool = Field(description="False: the owner's first start is still to come")


class SignInBody(Strict):
    """A name and its password."""

    sign_in_name: SignInName
    password: Password


class TreadmillBody(Strict):
    """A treadmill: the id under which its controller publishes, and a name for people."""

    treadmill_id: Identifier
    name: Name


class SetUpBody(Strict):
    """The owner's first start."""

    set_up_code: Code
    gym_id: Identifier
    gym_name: Name
    sign_in_name: SignInName
    password: NewPassword
    treadmills: list[TreadmillBody] = Field(default_factory=list, max_length=100)


class JoinBody(Strict):
    """Somebody with an invitation, or with the code of their gym."""

    code: Code
    sign_in_name: SignInName
    password: NewPassword
    display_name: Name
    time_zone: TimeZoneName = "UTC"
    is_name_shown: StrictBool = Field(
        default=False, description="Consent: the operators of the gym see the name"
    )


class ResetBody(Strict):
    """A new password, by a code from the staff."""

    code: Code
    password: NewPassword


class PasswordBody(Strict):
    """Another password."""

    old_password: Password
    new_password: NewPassword


class AccountView(BaseModel):
    """The account that asks."""

    account_id: str
    sign_in_name: str
    role: Role
    gym_id: str | None
    member_id: str | None = Field(description="null: not one who trains")

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        """Return an account as the API tells it."""
        return cls(
            account_id=account.account_id,
            sign_in_name=account.sign_in_name,
            role=account.role,
            gym_id=account.gym_id,
            member_id=account.member_id,
        )


class SignedInView(AccountView):
    """An account that signed in just now; its cookie came with the answer."""

    csrf_token: str = Field(description="Send it as X-CSRF-Token with whatever changes something")


class NewTokenBody(Strict):
    """A token for a program."""

    name: Label = Field(description="What it is for; one line, not blank")
    can_write: StrictBool = False


class TokenView(BaseModel):
    """A token, without its secret."""

    token_id: str
    name: str
    can_write: bool
    created_at: UtcTime

    @classmethod
    def of(cls, token: AccessToken) -> "TokenView":
        """Return a token as the API tells it."""
        return cls(
            token_id=token.token_id,
            name=token.name,
            can_write=token.can_write,
            created_at=utc(token.created_at_ms),
        )


class NewTokenView(TokenView):
    """A new token with its secret, which cannot be shown again."""

    token: str


class TokenList(BaseModel):
    """All tokens of an account, oldest first."""

    tokens: list[TokenView]


class InvitationBody(Strict):
    """Whom to invite."""

    role: Role = "member"
    member_id: Key | None = Field(
        default=None, description="A member who is there already; null: a new one"
    )


class ResetCodeBody(Strict):
    """Who forgot their password."""

    sign_in_name: SignInName


class OneTimeCodeView(BaseModel):
    """A code that works once, and cannot be shown again."""

    code: str
    expires_at: UtcTime


class JoinCodeView(BaseModel):
    """The code by which members join; it works until there is another, and is shown only now."""

    code: str


class NewGymBody(Strict):
    """A new gym."""

    gym_id: Identifier
    name: Name


class GymView(BaseModel):
    """A gym."""

    gym_id: str
    name: str
    has_join_code: bool

    @classmethod
    def of(cls, gym: Gym) -> "GymView":
        """Return a gym as the API tells it."""
        return cls(gym_id=gym.gym_id, name=gym.name, has_join_code=gym.join_code_hash is not None)


class GymList(BaseModel):
    """The gyms that the caller may see."""

    gyms: list[GymView]


class RegisteredTreadmillView(BaseModel):
    """A treadmill that staff added."""

    treadmill_id: str
    name: str
    added_at: UtcTime
    code: str | None = Field(description="It stands on the treadmill; null: not for members")
    last_reading_at: UtcTime | None = Field(description="null: it was never heard")

    @classmethod
    def of(
        cls, treadmill: RegisteredTreadmill, code: str | None, last_reading_at_ms: int | None
    ) -> "RegisteredTreadmillView":
        """Return a registered treadmill as the API tells it."""
        return cls(
            treadmill_id=treadmill_id_of(TreadmillKey(treadmill.treadmill)),
            name=treadmill.name,
            added_at=utc(treadmill.added_at_ms),
            code=code,
            last_reading_at=None if last_reading_at_ms is None else utc(last_reading_at_ms),
        )


class RegisteredTreadmillList(BaseModel):
    """The registered treadmills of a gym."""

    treadmills: list[RegisteredTreadmillView]
