"""The ways in, in a real browser: the owner's first start, joining, signing in and out."""

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from backstride_gateway.domain.members import Profile
from backstride_gateway.joining import Credentials, FirstGym
from tests.component.gateway.desk import Desk
from tests.integration.gateway.page_server import PageServer, require_built_pages

WITHIN_MS = 15_000
PASSWORD = "four horses run"


@pytest.fixture
def server() -> Iterator[PageServer]:
    require_built_pages()
    server = PageServer(Desk(is_demo=False))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 780})
    yield context.new_page()
    context.close()


def test_an_owner_sets_up_and_a_member_joins_and_claims(server: PageServer, page: Page) -> None:
    code = server.desk.joining.open_set_up(None)
    assert code is not None
    page.goto(server.url)
    expect(page).to_have_url(f"{server.url}/set-up", timeout=WITHIN_MS)
    page.get_by_label("Set-up code").fill(code.lower())
    page.get_by_label("Name of the gym").fill("My gym")
    page.get_by_label("Short id").fill("my-gym")
    page.get_by_label("Sign-in name").fill("Owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()

    expect(page.get_by_role("heading", name="My gym", exact=True)).to_be_visible(timeout=WITHIN_MS)
    page.get_by_label("Id under which it publishes").fill("one")
    page.get_by_label("Name on it").fill("By the window")
    page.get_by_role("button", name="Add treadmill").click()
    treadmill = page.get_by_role("listitem").filter(has_text="By the window")
    expect(treadmill).to_contain_text("waiting for its first reading", timeout=WITHIN_MS)
    server.call(lambda: server.desk.move(3, -0.9, treadmill="my-gym/one"))
    expect(treadmill).to_have_attribute("data-heard", "true", timeout=WITHIN_MS)
    page.get_by_role("button", name="New code for all members").click()
    told = page.get_by_role("status").filter(has_text="Code of the gym")
    expect(told).to_be_visible(timeout=WITHIN_MS)
    join_code = told.inner_text().rpartition(" ")[2]
    page.get_by_role("link", name="More").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(f"{server.url}/sign-in", timeout=WITHIN_MS)
    page.get_by_role("link", name="Use a code").click()
    join = page.locator("form").filter(has_text="Your name")
    join.get_by_label("Code").fill(join_code)
    join.get_by_label("Your name").fill("Ada")
    join.get_by_label("Sign-in name").fill("ada")
    join.get_by_label("Password").fill(PASSWORD)
    join.get_by_role("button", name="Join").click()
    expect(page).to_have_url(f"{server.url}/now", timeout=WITHIN_MS)
    page.get_by_role("link", name="By the window my-gym").click(timeout=WITHIN_MS)
    page.get_by_role("button", name="Start").click(timeout=WITHIN_MS)
    expect(page).to_have_url(f"{server.url}/now", timeout=WITHIN_MS)
    expect(page.get_by_role("button", name="Finish")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=WITHIN_MS)
    assert page.get_by_role("link", name="Gym", exact=True).count() == 0


def test_the_staff_give_a_card_and_a_code_for_a_new_password(
    server: PageServer, page: Page
) -> None:
    desk = server.desk
    desk.joining.set_up(
        desk.joining.open_set_up(None) or "",
        FirstGym(gym_id="g", name="G"),
        Credentials(sign_in_name="owner", password=PASSWORD),
        "here",
    )
    ada = desk.joining.join(
        desk.services.gyms.new_join_code("g"),
        Credentials(sign_in_name="ada", password=PASSWORD),
        Profile(display_name="Ada", is_name_shown=True),
        "here",
    )
    number = desk.membership.get(ada.member_id or "").member_number
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("Sign-in name").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="More").click(timeout=WITHIN_MS)
    page.get_by_role("link", name="Gym", exact=True).click(timeout=WITHIN_MS)
    page.get_by_label("Number of the member").fill("1")
    page.get_by_role("button", name="Show cards").click()
    expect(page.get_by_role("alert").filter(has_text="no member")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_label("Number of the member").fill(number)
    page.get_by_role("button", name="Show cards").click()
    expect(page.get_by_text("No card.")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_label("Card", exact=True).fill("04:A2:2B:9C")
    page.get_by_label("Called").fill("Key ring")
    page.get_by_role("button", name="Give this card").click()
    expect(page.get_by_role("listitem").filter(has_text="Key ring")).to_be_visible(
        timeout=WITHIN_MS
    )
    assert [card.name for card in desk.console_access.cards(ada.member_id or "")] == ["Key ring"]
    page.get_by_role("button", name="Take away Key ring").click()
    expect(page.get_by_text("No card.")).to_be_visible(timeout=WITHIN_MS)

    page.get_by_label("Sign-in name of the member").fill("Ada")
    page.get_by_role("button", name="Make a code").click()
    told = page.get_by_role("status").filter(has_text="New password at")
    expect(told).to_be_visible(timeout=WITHIN_MS)
    code = told.inner_text().rpartition(" ")[2]
    assert desk.joining.reset(code, "five owls hoot", "here").account_id == ada.account_id


def test_a_wrong_password_is_told_and_the_right_one_leads_in(
    server: PageServer, page: Page
) -> None:
    desk = server.desk
    code = desk.joining.open_set_up(None)
    body = {"gym_id": "g", "gym_name": "G", "sign_in_name": "owner", "password": PASSWORD}
    answer = page.request.post(f"{server.url}/v1/set-up", data={"set_up_code": code, **body})
    assert answer.status == 201
    page.context.clear_cookies()
    page.goto(f"{server.url}/set-up")
    expect(page).to_have_url(f"{server.url}/sign-in", timeout=WITHIN_MS)
    page.get_by_label("Sign-in name").fill("owner")
    page.get_by_label("Password").fill("six pigs swim")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong", timeout=WITHIN_MS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Treadmills")).to_be_visible(timeout=WITHIN_MS)


def test_staff_see_a_treadmill_by_its_name_as_soon_as_it_has_one(
    server: PageServer, page: Page
) -> None:
    code = server.desk.joining.open_set_up(None)
    body = {"gym_id": "g", "gym_name": "G", "sign_in_name": "owner", "password": PASSWORD}
    page.request.post(f"{server.url}/v1/set-up", data={"set_up_code": code, **body})
    for treadmill in ("g/one", "g/two"):
        server.call(partial(server.desk.move, 3, -0.9, treadmill=treadmill))
    page.goto(f"{server.url}/treadmills")
    expect(page.get_by_role("article", name="one")).to_be_visible(timeout=WITHIN_MS)

    page.get_by_role("link", name="Gym", exact=True).click()
    page.get_by_label("Id under which it publishes").fill("one")
    page.get_by_label("Name on it").fill("By the window")
    page.get_by_role("button", name="Add treadmill").click()
    expect(page.get_by_role("button", name="Remove By the window")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_role("link", name="Treadmills", exact=True).click()

    card = page.get_by_role("article", name="By the window")
    expect(card).to_contain_text("g/one", timeout=WITHIN_MS)
    expect(page.get_by_role("article", name="two")).to_be_visible()
