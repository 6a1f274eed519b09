"""A saving in a browser: found, given, accepted, done, seen on the bill, and gone again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.native import reading
from outlay.app.realised.following import follow
from outlay.app.savings import acting, listing, looking
from outlay.app.savings.looking import look
from tests.browser.conftest import Served
from tests.realised.company import FINDINGS, LATER, NOVEMBER, bill, charge, company, days, october
from tests.savings_app.conftest import Tools, of
from tests.web.company import load

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FIRST = datetime(2026, 9, 29, 8)


class Clock:
    """What time it is for those who decide."""

    now = FIRST

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    """Patches of this module."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def clock(patched: pytest.MonkeyPatch) -> Clock:
    """The time, which the journey moves on."""
    found = Clock()
    patched.setattr(acting, "utc_now", found)
    patched.setattr(listing, "utc_now", found)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company keeps its bills."""
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(scope="module")
def acme(folder: Path, patched: pytest.MonkeyPatch, clock: Clock) -> Iterator[Workspace]:
    """The company, after its first look."""
    tools = Tools(list(FINDINGS.values()))
    patched.setattr(looking, "run_over", tools.ran)
    patched.setattr(reading, "native_findings", tools.read)
    made = company(folder)
    look(made, FIRST)
    yield made
    made.close()


@pytest.fixture(scope="module")
def base(acme: Workspace) -> Iterator[str]:
    """The address of its pages."""
    with Served(acme) as served:
        yield served.base


@pytest.fixture
def page(base: str, browser: Browser) -> Iterator[Page]:
    """A page of it."""
    context = browser.new_context(base_url=base)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


def accessible(page: Page) -> None:
    """No violation of WCAG A or AA that axe can see."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()


def fits(page: Page) -> None:
    """Nothing is wider than the page."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, wide


def test_many_at_once_by_keyboard_alone(page: Page, acme: Workspace) -> None:
    page.goto("/savings?owner=data")
    expect(page.locator("#net-USD")).to_contain_text("292.07")
    page.keyboard.press("g")
    page.keyboard.press("6")
    expect(page).to_have_url(re.compile(r"/savings$"))
    page.keyboard.press("/")
    expect(page.locator("#s-text")).to_be_focused()
    page.keyboard.type("i-2")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"text=i-2"))
    expect(page.locator("#savings tbody tr")).to_have_count(2)
    expect(page.get_by_label("Mark all that are shown")).to_be_visible()
    page.get_by_label("Mark all that are shown").focus()
    page.keyboard.press("Space")
    expect(page.locator(".bulk-count")).to_have_text("2 marked, net 122.57 USD")
    page.locator("#b-step").focus()
    page.keyboard.type("Sn")
    expect(page.locator("#b-until")).to_be_visible()
    expect(page.locator("#b-person")).to_be_hidden()
    page.locator("#b-step").select_option("assign")
    page.locator("#b-person").fill("cleo")
    page.keyboard.press("Enter")
    expect(page.locator("#savings")).to_contain_text("cleo")
    assert {of(acme, "i-2", group).assignee for group in ("size", "hours")} == {"cleo"}


def test_what_cannot_be_done_of_many_is_told_and_nothing_is_done(
    page: Page, acme: Workspace
) -> None:
    page.goto("/savings?state=all")
    page.get_by_role("checkbox", name=re.compile("Mark Upgrade vol-2")).check()
    page.get_by_role("checkbox", name=re.compile("Mark Delete i-8")).check()
    page.locator("#b-step").select_option("reopen")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("#problem")).to_contain_text("Nothing was changed")
    expect(page.locator("#problem li")).to_have_count(2)
    expect(page.get_by_role("checkbox", name=re.compile("Mark Upgrade vol-2"))).to_be_checked()


def test_an_owner_decides_in_place(page: Page, acme: Workspace) -> None:
    page.goto("/savings/mine")
    page.locator("#m-owner").select_option("data")
    expect(page.locator("h1")).to_contain_text("data: what could be saved")
    page.get_by_role("button", name="Accept Rightsize i-3").click()
    expect(page.get_by_role("heading", name="Accepted: to do")).to_be_visible()
    page.get_by_label("Do not do Upgrade vol-2").click()
    page.get_by_label("Why not").locator("visible=true").fill("It goes next month anyway.")
    page.get_by_role("button", name="Dismiss", exact=True).locator("visible=true").click()
    expect(page.locator("main")).not_to_contain_text("Upgrade vol-2")
    assert of(acme, "i-3").state == "accepted"
    assert of(acme, "vol-2").state == "dismissed"


def test_from_detection_to_a_verified_saving_and_its_regression(
    page: Page, acme: Workspace, folder: Path, clock: Clock
) -> None:
    number = of(acme, "vol-1").id
    page.goto("/savings")
    page.get_by_role("link", name="Delete vol-1").click()
    expect(page.locator("#net-figure")).to_contain_text("300.00")

    page.get_by_label("Who looks after it").fill("ben")
    page.get_by_role("button", name="Give").click()
    expect(page.locator("h1")).to_contain_text("assigned")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator("h1")).to_contain_text("accepted")
    expect(page.locator("#realised")).to_contain_text("baseline", ignore_case=True)
    clock.now = datetime(2026, 9, 30, 18)
    page.get_by_role("button", name="It is done").click()
    expect(page.locator("h1")).to_contain_text("implemented")
    expect(page.locator("#history")).to_contain_text("gave it to ben")

    # October's bill is without the volume: 31 days at 10.00.
    october(acme, folder)
    follow(acme, LATER)
    page.goto(f"/savings/{number}")
    expect(page.locator("h1")).to_contain_text(re.compile("verified|sustained"))
    expect(page.locator("#realised")).to_contain_text("310.00")
    accessible(page)

    # In November it is back.
    after = [
        charge(day, "vol-1", "VolumeUsage.gp2", "100", "0.10", unit="GB-Mo")
        for day in days(NOVEMBER, date(2026, 11, 20))
    ]
    rows = [*bill(date(2026, 8, 1), date(2026, 11, 20)), *after]
    load(acme, folder / "bills", "acme", rows)
    follow(acme, datetime(2026, 11, 21, 9))
    clock.now = datetime(2026, 11, 21, 10)
    page.goto("/savings?state=regressed")
    page.get_by_role("link", name="Delete vol-1").click()
    expect(page.locator("h1")).to_contain_text("regressed")
    expect(page.locator("#reason")).to_be_visible()
    expect(page.locator("#history")).to_contain_text("saw it come back on the bill")
    expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
def test_every_page_fits_and_can_be_read(
    base: str, browser: Browser, acme: Workspace, scheme: str, width: int
) -> None:
    context = browser.new_context(
        base_url=base, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    for path in (
        "/savings", "/savings?state=all", "/savings?minimum=many", "/savings?text=nothing",
        "/savings/mine", "/savings/mine?owner=shop", "/savings/mine?owner=marketing",
        "/savings/policy", f"/savings/{of(acme, 'i-2', 'size').id}",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        fits(page)
        accessible(page)
    context.close()
