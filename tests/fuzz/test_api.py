"""The API against requests that its description allows, and that it does not.

Whatever comes: no error of ours, only answers that the description declares, in the form that it
declares. Ids are those of what is there as often as not, so that routes get past their 404.
"""

import dataclasses
from random import Random
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backstride_gateway.api.app import build_app
from backstride_gateway.api.services import RateLimits
from backstride_gateway.domain.rate_limiting import Rate
from tests.component.gateway.desk import Desk
from tests.component.gateway.two_gyms import TwoGyms

EXAMPLES: Final = 8
CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
# A stream does not end; what was signed out cannot be asked any more.
LEFT_OUT: Final = r"^(/v1/live|/v1/account/sessions?)$"
_UNLIMITED: Final = RateLimits(Rate(1e9, 1_000_000_000), Rate(1e9, 1_000_000_000))
_LONGEST_WAIT_MINUTES: Final = 16.0


class Asked:
    """The API of two gyms, asked by one of their people; of a demonstration, by anybody."""

    def __init__(self, role: str) -> None:
        self.gyms = TwoGyms()
        self.headers: dict[str, str] = {}
        desk: Desk = self.gyms.desk
        if role != "demo":
            name = {"member": "ann"}.get(role, role)
            _, token = desk.signing_in.make_token(f"account-{name}", "fuzz", can_write=True)
            self.headers = {"Authorization": f"Bearer {token}"}
        services = dataclasses.replace(
            desk.services,
            is_demo=role == "demo",
            rate_limits=_UNLIMITED,
            host_names=frozenset({"testserver"}),
        )
        self.app = build_app(services)
        self.known: dict[str, list[str]] = {
            "gym_id": ["north", "south"],
            "treadmill_id": ["one", "two"],
            "member_id": [self.gyms.member_id(one) for one in ("ann", "bob", "cem")],
            "session_id": ["s-ann", "s-bob", "s-cem"],
            "export_id": [self.gyms.export_id("ann")],
        }

    def point_at_what_is_there(self, case: schemathesis.Case[Any], random: Random) -> None:
        """Put ids that exist into the path, as often as not."""
        parameters: dict[str, Any] = case.path_parameters or {}
        for name in parameters:
            if name in self.known and random.random() < 0.6:
                parameters[name] = random.choice(self.known[name])


ASKED: Final = {role: Asked(role) for role in ("demo", "member", "operator", "admin")}
SCHEMA: Final = schemathesis.openapi.from_asgi("/openapi.json", ASKED["demo"].app).exclude(
    path_regex=LEFT_OUT
)


@pytest.mark.leaks("the test client of ASGI keeps a thread for each app")
@pytest.mark.parametrize("role", ASKED)
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_request_gets_a_declared_answer(case: schemathesis.Case[Any], role: str) -> None:
    asked = ASKED[role]
    asked.point_at_what_is_there(case, Random(repr(case.path_parameters)))

    answer = case.call(app=asked.app, headers=asked.headers)

    # attempts to sign in wait longer and longer; on this clock they have waited
    asked.gyms.desk.pass_minutes(_LONGEST_WAIT_MINUTES)
    case.validate_response(answer, checks=list(CHECKS))
