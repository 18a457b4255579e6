"""Conditional changes: whoever changes something says which version of it they saw."""

from hashlib import blake2b
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from backstride_gateway.api.refusals import ConditionMissingError

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="ETag of what was read before; `*`: whatever it is by now",
    ),
]


def etag_of(version: str, body: BaseModel | None = None) -> str:
    """Return a version as an ETag, of the answer that shows it where that shows more.

    Who changes the version may send either; who has the answer already has just that one.
    """
    if body is None:
        return f'"{version}"'
    shown = blake2b(body.model_dump_json().encode(), digest_size=8).hexdigest()
    return f'"{version}.{shown}"'


def expected_versions(if_match: str | None) -> frozenset[str] | None:
    """Return the versions that a change may be made to; None: any.

    Raises:
        ConditionMissingError: when the request does not say.

    """
    if if_match is None:
        raise ConditionMissingError("send If-Match with the ETag of what was read")
    tags = [tag.strip() for tag in if_match.split(",")]
    if "*" in tags:
        return None
    # a weak tag never matches where something is changed (RFC 9110, 13.1.1)
    return frozenset(tag.strip('"').partition(".")[0] for tag in tags if not tag.startswith("W/"))
