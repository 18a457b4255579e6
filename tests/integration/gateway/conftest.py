"""A gym of one member with the pages served over it, for what a browser looks at."""

from collections.abc import Iterator

import pytest

from backstride_gateway.domain.members import Profile
from tests.component.gateway.desk import Desk
from tests.integration.gateway.page_server import PageServer, require_built_pages


@pytest.fixture
def desk() -> Desk:
    """Return a gym with one member, who has not walked yet."""
    require_built_pages()
    desk = Desk()
    desk.add_member("m", profile=Profile(display_name="Ada", mass_kg=62.0, birth_year=1996))
    return desk


@pytest.fixture
def server(desk: Desk) -> Iterator[PageServer]:
    """Lend the running server of the desk's pages."""
    server = PageServer(desk)
    server.start()
    yield server
    server.stop()
