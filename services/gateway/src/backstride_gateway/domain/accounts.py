"""Accounts: who signs in with what, and which names, passwords and codes are acceptable."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Role = Literal["member", "operator", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

CodeKind = Literal["set-up", "invitation", "reset"]

MIN_PASSWORD_CHARACTERS: Final = 10
MAX_PASSWORD_CHARACTERS: Final = 256
"""Longer ones would only cost time to hash."""
_MIN_DIFFERENT_CHARACTERS: Final = 4

SIGN_IN_NAME_PATTERN: Final = r"[a-z0-9][a-z0-9._@+-]{1,99}"
_SIGN_IN_NAME: Final = re.compile(SIGN_IN_NAME_PATTERN)

CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is mistaken for something else in it."""
CODE_CHARACTERS: Final = 16
_CODE_GROUP: Final = 4
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

TOKEN_PREFIX: Final = "bst_"  # noqa: S105  not a secret: lets people and scanners know one by sight


class ImplausibleAccountError(Exception):
    """A name or password that cannot be taken; the text names the field and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in; `gym_id` None: all gyms, `member_id` None: not one who trains."""

    account_id: str
    sign_in_name: str
    password_hash: str
    role: Role
    gym_id: str | None
    member_id: str | None
    created_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """A browser that is signed in; only the hash of its token is kept."""

    token_hash: str
    account_id: str
    created_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A program's way in; only the hash of the token is kept."""

    token_id: str
    account_id: str
    name: str
    token_hash: str
    can_write: bool
    created_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A code that works once; only its hash is kept.

    An invitation says gym, role and perhaps which member joins; a reset says which account.
    """

    code_hash: str
    kind: CodeKind
    gym_id: str | None = None
    role: Role | None = None
    member_id: str | None = None
    account_id: str | None = None
    expires_at_ms: int | None = None


def normal_sign_in_name(name: str) -> str:
    """Return a sign-in name as it is kept and compared.

    Raises:
        ImplausibleAccountError: when it cannot be one.

    """
    normal = name.strip().lower()
    if _SIGN_IN_NAME.fullmatch(normal) is None:
        message = "sign_in_name has 2 to 100 letters a-z, digits and . _ @ + -"
        raise ImplausibleAccountError(message)
    return normal


def check_password(password: str, sign_in_name: str) -> None:
    """Return when a password may be taken.

    Length counts and composition does not (NIST SP 800-63B, 5.1.1.2).

    Raises:
        ImplausibleAccountError: with what is wrong.

    """
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise ImplausibleAccountError(
            f"password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters"
        )
    if len(set(password)) < _MIN_DIFFERENT_CHARACTERS:
        message = f"password has at least {_MIN_DIFFERENT_CHARACTERS} different characters"
        raise ImplausibleAccountError(message)
    if password.casefold() == sign_in_name:
        message = "password is not the sign_in_name"
        raise ImplausibleAccountError(message)


def grouped_code(characters: str) -> str:
    """Return a code's characters as people read them, such as 7K2M-PQ4R-8XYZ-9ABC."""
    groups = range(0, len(characters), _CODE_GROUP)
    return "-".join(characters[at : at + _CODE_GROUP] for at in groups)


def code_hash_of(code: str) -> str:
    """Return what is kept of a code; hyphens, blanks, case and O for 0 do not matter."""
    return secret_hash_of(code.upper().translate(_MISREAD))


def secret_hash_of(secret: str) -> str:
    """Return what is kept of a random secret; 80 bits and more need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token_of(session_token: str) -> str:
    """Return what a page must repeat to change anything: bound to its session, ends with it."""
    return hmac.new(session_token.encode(), b"backstride csrf", hashlib.sha256).hexdigest()


def is_same_secret(one: str, other: str) -> bool:
    """Return whether two secrets are the same, in a time that tells nothing about them."""
    return hmac.compare_digest(one.encode(), other.encode())
